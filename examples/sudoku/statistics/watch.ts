import {formatLine, formatReport} from './report.js';
import type {Statistics} from './statistics.js';

const period = 1000;

/** What is written to: a terminal or not. */
export interface Screen {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}

export interface Watch {
	/** Writes what is to stay: on a terminal in the place of the table, which begins anew below. */
	print(text: string): void;
	end(): void;
}

/** Shows the numbers every second: on a terminal a table that stays in its place, else a line each time. */
export function watch(statistics: Statistics, screen: Screen): Watch {
	let height = 0;
	// Back to the table's first line, and everything below it away: it may have had more lines than it has now.
	const back = () => (height === 0 ? '' : `\u001B[${height}A\r\u001B[J`);
	const show = () => {
		const snapshot = statistics.snapshot();
		if (screen.isTTY !== true) {
			screen.write(formatLine(snapshot));
			return;
		}

		const table = formatReport(snapshot);
		const text = back() + table;
		height = table.split('\n').length - 1;
		screen.write(text);
	};

	show();
	const timer = setInterval(show, period).unref();
	return {
		print(text) {
			screen.write(back() + text);
			height = 0;
			if (screen.isTTY === true) show();
		},
		end() {
			clearInterval(timer);
		},
	};
}
