/** Memory that native code receives into, and the chunks that are views of it. Nothing in it is ever written twice. */
import {Buffer} from 'node:buffer';
import {markAsUntransferable} from 'node:worker_threads';
import {native} from '../internal/addon.js';
import {ChunkBuffer} from './chunk-buffer.js';
import {areaCount, control, poolArea} from './layout.js';
import {controlWords} from './shared.js';

const slabBytes = 1024 * 1024;
const poolBytes = 64 * 1024;

const areas: ArrayBufferLike[] = [];
/** As they were when the batch began: its chunks lie there, whatever a reader within the batch has had renewed since. */
const batchAreas: ArrayBufferLike[] = [];

function renew(area: number): void {
	// Slow: memory of its own, not zeroed, and not from Node's own pool.
	const memory = Buffer.allocUnsafeSlow(area === poolArea ? poolBytes : slabBytes).buffer;
	markAsUntransferable(memory);
	areas[area] = memory;
	native.renewArea(area, memory);
}

/** Fresh memory for the areas that are used up. */
export function renewWantedAreas(): void {
	const wanted = controlWords[control.areasWanted] as number;
	if (wanted === 0) return;
	for (let area = 0; area < areaCount; area++) {
		if ((wanted & (1 << area)) !== 0) renew(area);
	}
}

export function renewAllAreas(): void {
	for (let area = 0; area < areaCount; area++) renew(area);
}

/** Native code has handed a batch over. */
export function beginBatchOfChunks(): void {
	for (let area = 0; area < areaCount; area++) batchAreas[area] = areas[area] as ArrayBufferLike;
}

/** Bytes that native code has put there before the batch. */
export function chunkOfBatch(area: number, offset: number, length: number): Buffer {
	return new ChunkBuffer(batchAreas[area] as ArrayBufferLike, offset, length);
}

/** Bytes that native code has put there just now. */
export function chunkAt(area: number, offset: number, length: number): Buffer {
	return new ChunkBuffer(areas[area] as ArrayBufferLike, offset, length);
}
