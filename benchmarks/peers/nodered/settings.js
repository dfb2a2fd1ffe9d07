// Node-RED without its editor, for one flow file. node-postgres is handed to function nodes as `pool`.
const { Pool } = require("pg");
const pool = new Pool({ connectionString: process.env.PEER_DATABASE_URL, max: Number(process.env.PEER_CONNECTIONS) });

module.exports = {
    uiHost: "127.0.0.1",
    uiPort: Number(process.env.PEER_PORT),
    httpAdminRoot: false,
    httpNodeRoot: false,
    disableEditor: true,
    credentialSecret: false,
    telemetry: { enabled: false, updateNotification: false },
    externalModules: { autoInstall: false, palette: { allowInstall: false }, modules: { allowInstall: false } },
    functionExternalModules: false,
    functionGlobalContext: { pool },
    logging: { console: { level: "warn", metrics: false, audit: false } },
};
