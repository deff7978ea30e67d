// What went wrong takes the focus, so that it is read first.

export default function focus(summary) {
  summary.focus({ preventScroll: false });
}
