import {fileServers, type FileServerName} from './file-servers.js';
import type {FileSample} from './measure-file.js';
import type {FileScenario} from './scenarios.js';
import {median, pairedRatio} from './statistics.js';
import {formatNumber, formatPercent, formatTable} from './table.js';
import {atMost, type Verdict} from './verdict.js';

export type FileSamples = ReadonlyMap<FileServerName, readonly FileSample[]>;

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

function column(samples: FileSamples, name: FileServerName, figure: keyof FileSample): number[] {
	return (samples.get(name) ?? []).map(sample => sample[figure]);
}

function cpuToChunked(samples: FileSamples, name: FileServerName): number {
	return pairedRatio(column(samples, name, 'cpuSecondsPerByte'), column(samples, 'chunked', 'cpuSecondsPerByte'));
}

export function fileTable(samples: FileSamples): string {
	const rows = fileServers.map(({name, title}) => {
		const middle = (figure: keyof FileSample) => median(column(samples, name, figure));
		return [
			title,
			formatNumber(middle('bytesPerSecond') / mebibyte, 0),
			formatNumber(middle('cpuSecondsPerByte') * gibibyte, 2),
			formatNumber(cpuToChunked(samples, name), 2),
			formatPercent(middle('serverBusy')),
		];
	});
	return formatTable([['', 'MiB/s', 'CPU s per GiB', 'CPU to chunks', 'server busy'], ...rows]);
}

export function fileVerdicts(scenario: FileScenario, samples: FileSamples): Verdict[] {
	const cpu = cpuToChunked(samples, 'sendfile');
	return [atMost('server CPU per byte of sendFile to chunks', cpu, scenario.limits.maxSendFileToChunks)];
}
