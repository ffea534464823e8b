/** A part of the page: built when it is first looked at. */
export interface Panel {
  build(host: HTMLElement): Promise<void> | void;
}
