/** Pixels around a plot. */
interface FrameOptions {
  readonly width?: number;
  readonly height: number;
  /** Room for the labels of the y axis. */
  readonly left?: number;
  readonly xTitle: readonly string[];
  readonly yTitle?: readonly string[];
}

const LINE = 15;

/**
 * Size and margins of a drawing that is `width` wide in all. They are set here since Vega without a canvas can only guess how wide a
 * text is, far too wide, and would shrink the plot for it. The title of the y axis lies above the axis, where there is room.
 */
export function frame({ width = 345, height, left = 44, xTitle, yTitle = [] }: FrameOptions) {
  const right = 12;
  const top = 10 + LINE * yTitle.length;
  const bottom = 26 + LINE * xTitle.length;
  return {
    width: width - left - right,
    height,
    autosize: 'none' as const,
    padding: { left, right, top, bottom },
  };
}

/** Room for labels at the left: about 7 px a character, at most the 150 px at which a label is cut. */
export function labelRoom(labels: readonly string[]): number {
  return 14 + Math.min(150, 7 * Math.max(0, ...labels.map(({ length }) => length)));
}

/** Places the title of a y axis above the axis, from the left edge on. */
export function titleAbove(title: string[], left = 44) {
  return {
    title,
    axis: {
      titleAngle: 0,
      titleAlign: 'left' as const,
      titleAnchor: 'end' as const,
      titleBaseline: 'bottom' as const,
      titleX: 4 - left,
      titleY: -8 - LINE * (title.length - 1),
    },
  };
}
