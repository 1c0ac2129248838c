import {formatLine, formatReport} from './report.js';
import type {Statistics} from './statistics.js';

const period = 1000;

/** What is written to: a terminal or not. */
export interface Screen {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}

/** Shows the numbers every second: on a terminal a table that stays in its place, else a line each time. Returns what ends it. */
export function watch(statistics: Statistics, screen: Screen): () => void {
	let height = 0;
	const show = () => {
		const snapshot = statistics.snapshot();
		if (screen.isTTY !== true) {
			screen.write(formatLine(snapshot));
			return;
		}

		const table = formatReport(snapshot);
		// Back to its first line, and everything below it away: it may have had more lines than it has now.
		const back = height === 0 ? '' : `\u001B[${height}A\r\u001B[J`;
		height = table.split('\n').length - 1;
		screen.write(back + table);
	};

	show();
	const timer = setInterval(show, period).unref();
	return () => clearInterval(timer);
}
