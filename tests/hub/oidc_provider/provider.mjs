// A certified OpenID Connect provider for tests: node provider.mjs PORT CLIENT.json PEOPLE.json
// Whoever types a name is that person, with any password; PEOPLE.json says in which groups they are
// and is read at every sign-in.
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const [port, client, people] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, "utf8"));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [read(client)],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
  cookies: { keys: ["only for tests"] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: `${id}@lindenhof.test`, groups: read(people)[id] }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
