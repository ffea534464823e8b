/** Lowers a loop: its body becomes launches of their own that one launch repeats, over carried values that stay in place. */

import { byteSize } from "../dtype.js";
import type { Operand } from "../op.js";
import type { ScanAttrs } from "../ops/scan.js";
import { sizeOf } from "../shape.js";
import { type Graph, type Node, type Spec, Tensor } from "../tensor.js";
import { denseOperand, Lowering } from "./lower.js";
import type { Launch } from "./plan.js";
import { assignAll, settle } from "./settle.js";
import { simplify } from "./simplify.js";

export function lowerScan(outer: Lowering, node: Node): void {
  const { body, carries, xs, length, reverse } = node.attrs as ScanAttrs;
  const { graph } = body;
  const stacked = body.outputs.length - carries;
  const bindings = new Map<Tensor, Operand>();
  const leafOf = (operand: Operand, label: string): Tensor => {
    const leaf = new Tensor(graph, graph.takeId(), "state", { shape: operand.shape, dtype: operand.base.dtype }, label);
    bindings.set(leaf, operand);
    return leaf;
  };
  const inner = new Lowering(graph, simplify(graph, body.outputs), lowerScan);
  const indexValue = outer.temp({ shape: [1], dtype: "i32" });
  const index = denseOperand(leafOf(denseOperand(indexValue), "@turn"));
  const slots = body.inputs;
  const written: Tensor[] = [indexValue];
  const inputs: Operand[] = [];
  const sliceBytes = (spec: Spec) => sizeOf(spec.shape) * byteSize(spec.dtype);
  const sliceOut = (stack: Tensor, value: Tensor) => {
    written.push(stack);
    inner.emit({
      kernel: "slice_out",
      dtype: undefined,
      outputs: [leafOf(denseOperand(stack), "@stack")],
      inputs: [denseOperand(value), index],
      scalars: [sliceBytes(value)],
      flops: 0,
      updates: true,
    });
  };
  slots.forEach((slot, i) => {
    const given = node.inputs[i] as Tensor;
    if (i < carries) {
      const carried = node.outputs[i] as Tensor;
      outer.copyInto(carried, given);
      bindings.set(slot, denseOperand(carried));
      written.push(carried);
      const before = node.outputs[carries + stacked + i] as Tensor;
      if (outer.simplified.isRead(before)) sliceOut(before, slot);
      return;
    }
    const operand = outer.contiguous(given);
    inputs.push(operand);
    if (i >= carries + xs) bindings.set(slot, operand);
    else
      inner.emit({
        kernel: "slice_in",
        dtype: undefined,
        outputs: [slot],
        inputs: [denseOperand(leafOf(operand, "@slices")), index],
        scalars: [sliceBytes(slot)],
        flops: 0,
      });
  });
  inner.run();
  body.outputs.slice(carries).forEach((value, i) => {
    const stack = node.outputs[carries + i] as Tensor;
    if (outer.simplified.isRead(stack)) sliceOut(stack, inner.stored(value));
  });
  assignAll(
    inner,
    slots.slice(0, carries).map((state, i) => ({ state, value: body.outputs[i] as Tensor })),
  );
  const states = slots.slice(0, carries);
  const slices = new Set(slots.slice(carries, carries + xs));
  const { launches, placement } = settle(
    inner.drafts,
    states,
    [],
    new Map(),
    (storage) => storage.graph === graph && (storage.kind === "temp" || slices.has(storage)),
  );
  const arena = outer.temp({ shape: [placement.bytes], dtype: "bool" });
  outer.emit({
    kernel: "loop",
    dtype: undefined,
    outputs: placement.bytes > 0 ? [...written, arena] : written,
    inputs,
    scalars: [launches.length, length, Number(reverse)],
    flops: node.op.flops(node.inputs, node.outputs, node.attrs),
    updates: true,
    body: { launches, placement, constants: constantsOf(graph, launches), arena, bindings },
  });
}

/** Constants of the body and of the bodies inside it. */
function constantsOf(graph: Graph, launches: readonly Launch[]): Map<Tensor, Float64Array> {
  return new Map([...graph.constants, ...launches.flatMap((launch) => [...(launch.body?.constants ?? [])])]);
}
