import {parseArgs} from 'node:util';

/** The command line of a server that sends a file. Exits with 2 and a message for what cannot be meant. */
export function readFileOptions(about) {
	try {
		const {values} = parseArgs({options: {file: {type: 'string'}, help: {type: 'boolean', default: false}}});
		if (values.help) {
			process.stdout.write(`${about}\n\n  --file F   what to send to everybody who connects\n`);
			process.exit(0);
		}
		if (values.file === undefined || values.file === '') throw new TypeError('--file is missing');
		return values.file;
	} catch (error) {
		console.error(error.message);
		process.exit(2);
	}
}
