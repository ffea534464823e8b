import { adam, cnn, createEngine, crossEntropy, readIdx } from "@tetrad/engine";
const folder="/usr/share/datasets/fashion-mnist";
async function load(part, rows){ const images = await readIdx(`${folder}/${part}-images-idx3-ubyte.gz`); const labels = await readIdx(`${folder}/${part}-labels-idx1-ubyte.gz`);
 return { x:{shape:[rows,1,28,28], data: Float32Array.from(images.data.subarray(0,rows*784), v=>(v/255-.286)/.353)}, y:{shape:[rows], data:Int32Array.from(labels.data.subarray(0,rows))}};}
const train=await load("train",12750), held=await load("t10k",2000);
const engine=await createEngine({threads:1});
for (let seed=1; seed<=8; seed++){
 const net = cnn({ input: [1, 28, 28], channels: [16, 32], hidden: [64], classes: 10 });
 const run = await engine.fit(net, { ...train, loss: crossEntropy, optimizer: adam({ lr: 2e-3 }), batchSize: 64, epochs: 1, seed });
 const scores = await run.model.predict(held.x); let right=0; held.y.data.forEach((l,i)=>{const row=scores.subarray(10*i,10*i+10); if(row.indexOf(Math.max(...row))===l) right++;});
 console.log(seed, right/2000); await run.model.close();
}
await engine.close();
