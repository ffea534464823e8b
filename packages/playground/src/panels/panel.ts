/** A part of the page: built when it is first looked at. */
export interface Panel {
  readonly id: string;
  readonly title: string;
  build(host: HTMLElement): Promise<void> | void;
}
