import {formatNumber} from './table.js';

/** One of the limits and what came out. */
export interface Verdict {
	/** undefined: it could not be checked, as one of the servers was not run. */
	readonly ok: boolean | undefined;
	readonly text: string;
}

const ratioDecimals = 2;

function judge(what: string, value: number, limit: number, kind: 'at most' | 'at least', decimals: number): Verdict {
	const ok = Number.isNaN(value) ? undefined : kind === 'at most' ? value <= limit : value >= limit;
	const mark = ok === undefined ? 'not checked' : ok ? 'ok' : 'MISSED';
	const figures = `${formatNumber(value, decimals)}, ${kind} ${formatNumber(limit, decimals)}`;
	return {ok, text: `${what}: ${figures}: ${mark}`};
}

export function atMost(what: string, value: number, limit: number, decimals = ratioDecimals): Verdict {
	return judge(what, value, limit, 'at most', decimals);
}

export function atLeast(what: string, value: number, limit: number, decimals = ratioDecimals): Verdict {
	return judge(what, value, limit, 'at least', decimals);
}
