// A receiver as customers write them.  Reads JSON from stdin, [{secret, payload, headers}],
// prints for each what the two libraries say: {"standardwebhooks": true, "svix": "why not"}.
import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';

function says(Library, { secret, payload, headers }) {
	try {
		// The payload may be a form or a request target.
		new Library(secret).verify(payload, headers, { jsonParse: false });
		return true;
	} catch (e) {
		return `${e.name}: ${e.message}`;
	}
}

let text = '';
for await (const chunk of process.stdin)
	text += chunk;
const answers = JSON.parse(text).map((one) => ({
	standardwebhooks: says(Standard, one),
	svix: says(Svix, one),
}));
process.stdout.write(`${JSON.stringify(answers)}\n`);
