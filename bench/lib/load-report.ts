import {MeasurementError} from './children.js';

/** The line of JSON that bench_load prints. */
export interface LoadReport {
	readonly messages: number;
	readonly seconds: number;
	readonly errors: number;
	readonly congestion: string;
	readonly messagesPerSecond: number;
	readonly latencyMicros: {readonly mean: number; readonly p50: number; readonly p99: number; readonly max: number};
	readonly serverCpuSeconds: number;
	readonly loadCpuSeconds: number;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
	return typeof value === 'object' && value !== null;
}

function numberIn(fields: Fields, name: string): number {
	const value = fields[name];
	if (typeof value !== 'number') throw new MeasurementError(`The load generator reported no ${name}`);
	return value;
}

/** @throws MeasurementError if anything is missing */
export function parseLoadReport(line: string): LoadReport {
	const fields: unknown = JSON.parse(line);
	if (!isFields(fields)) throw new MeasurementError(`The load generator reported no object: ${line}`);
	const latency = fields['latency_us'];
	if (!isFields(latency)) throw new MeasurementError('The load generator reported no latency_us');
	return {
		messages: numberIn(fields, 'messages'),
		seconds: numberIn(fields, 'seconds'),
		errors: numberIn(fields, 'errors'),
		congestion: String(fields['congestion']),
		messagesPerSecond: numberIn(fields, 'messages_per_second'),
		latencyMicros: {
			mean: numberIn(latency, 'mean'),
			p50: numberIn(latency, 'p50'),
			p99: numberIn(latency, 'p99'),
			max: numberIn(latency, 'max'),
		},
		serverCpuSeconds: numberIn(fields, 'server_cpu_seconds'),
		loadCpuSeconds: numberIn(fields, 'load_cpu_seconds'),
	};
}
