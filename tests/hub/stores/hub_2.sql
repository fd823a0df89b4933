BEGIN TRANSACTION;
CREATE TABLE alarms (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  node TEXT NOT NULL,
  room TEXT,
  state TEXT NOT NULL,
  since INTEGER NOT NULL,
  resolved INTEGER,
  body TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "alarms" VALUES('0c0161b7-f8e1-880b-9c4f-8ec214a7c61a','node_silent:n-2','node_silent','n-2',NULL,'active',10000000000,NULL,'{"id":"0c0161b7-f8e1-880b-9c4f-8ec214a7c61a","kind":"node_silent","key":"node_silent:n-2","chain":"0c0161b7-f8e1-880b-9c4f-8ec214a7c61a","node":"n-2","since":10000000000,"latest":3800000000000,"state":"active","room":null,"subject":null,"stage":0,"stage_position":-1,"recovered_position":-1,"recovered_at":null,"probability":1.0,"contributions":[],"because_position":-1,"place":"unknown","place_position":-1,"descent_seen":false,"down_s":0.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":null,"resolved_at":null,"reason":null}');
INSERT INTO "alarms" VALUES('ab4986fa-ecbc-8ceb-8caf-e3db152ea268','fall:ab4986fa-ecbc-8ceb-8caf-e3db152ea268','fall','n-1','r3','active',30000000000,NULL,'{"id":"ab4986fa-ecbc-8ceb-8caf-e3db152ea268","kind":"fall","key":"fall:ab4986fa-ecbc-8ceb-8caf-e3db152ea268","chain":"ab4986fa-ecbc-8ceb-8caf-e3db152ea268","node":"n-1","since":30000000000,"latest":120000000000,"state":"active","room":"r3","subject":"s-00aa","stage":3,"stage_position":2,"recovered_position":3,"recovered_at":120000000000,"probability":0.98,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"because_position":1,"place":"floor","place_position":1,"descent_seen":true,"down_s":89.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":null,"resolved_at":null,"reason":null}');
INSERT INTO "alarms" VALUES('c152c171-f5ea-8505-9de0-0c134ab3bb21','fall:c152c171-f5ea-8505-9de0-0c134ab3bb21','fall','n-1','r2','acknowledged',20000000000,NULL,'{"id":"c152c171-f5ea-8505-9de0-0c134ab3bb21","kind":"fall","key":"fall:c152c171-f5ea-8505-9de0-0c134ab3bb21","chain":"c152c171-f5ea-8505-9de0-0c134ab3bb21","node":"n-1","since":20000000000,"latest":80000000000,"state":"acknowledged","room":"r2","subject":"s-00aa","stage":3,"stage_position":2,"recovered_position":-1,"recovered_at":null,"probability":0.98,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"because_position":1,"place":"floor","place_position":1,"descent_seen":true,"down_s":60.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":"anna","acknowledged_at":130000000000,"resolved_by":null,"resolved_at":null,"reason":null}');
INSERT INTO "alarms" VALUES('cc2d9e82-3e04-892f-b5d4-60740c56a486','camera:n-1:r3:c1','camera','n-1','r3','active',50000000000,NULL,'{"id":"cc2d9e82-3e04-892f-b5d4-60740c56a486","kind":"camera","key":"camera:n-1:r3:c1","chain":"bbb4a90a-ddff-8402-a57e-29bdcd15a470","node":"n-1","since":50000000000,"latest":50000000000,"state":"active","room":"r3","subject":null,"stage":0,"stage_position":-1,"recovered_position":-1,"recovered_at":null,"probability":1.0,"contributions":[],"because_position":-1,"place":"unknown","place_position":-1,"descent_seen":false,"down_s":0.0,"source":"c1","view":"dark","hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":null,"resolved_at":null,"reason":null}');
INSERT INTO "alarms" VALUES('e1f9be7a-4758-87f2-bb77-6dd5fadc7408','fall:e1f9be7a-4758-87f2-bb77-6dd5fadc7408','fall','n-1','r1','active',10000000000,NULL,'{"id":"e1f9be7a-4758-87f2-bb77-6dd5fadc7408","kind":"fall","key":"fall:e1f9be7a-4758-87f2-bb77-6dd5fadc7408","chain":"e1f9be7a-4758-87f2-bb77-6dd5fadc7408","node":"n-1","since":10000000000,"latest":18000000000,"state":"active","room":"r1","subject":"s-00aa","stage":2,"stage_position":1,"recovered_position":-1,"recovered_at":null,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"because_position":1,"place":"floor","place_position":1,"descent_seen":true,"down_s":8.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":null,"resolved_at":null,"reason":null}');
INSERT INTO "alarms" VALUES('e42687ad-7a87-80de-9335-b34d63d448b0','worker:n-1:vision','worker','n-1',NULL,'active',60000000000,NULL,'{"id":"e42687ad-7a87-80de-9335-b34d63d448b0","kind":"worker","key":"worker:n-1:vision","chain":"9a080757-1889-8c77-bbd1-4225e321bbfa","node":"n-1","since":60000000000,"latest":60000000000,"state":"active","room":null,"subject":null,"stage":0,"stage_position":-1,"recovered_position":-1,"recovered_at":null,"probability":1.0,"contributions":[],"because_position":-1,"place":"unknown","place_position":-1,"descent_seen":false,"down_s":0.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":"vision","rows":3,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":null,"resolved_at":null,"reason":null}');
CREATE TABLE api_tokens (
  token TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  created INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE attempts (
  key TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  last INTEGER NOT NULL,
  locked_until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE commands (
  id TEXT PRIMARY KEY,
  node TEXT NOT NULL,
  room TEXT,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  issued INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  body TEXT NOT NULL,
  command TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "commands" VALUES('41301cf0-1d20-8e39-bf47-329e1606de9a','n-1',NULL,'acknowledged','ordered',130000000000,86530000000000,'{"id":"41301cf0-1d20-8e39-bf47-329e1606de9a","node":"n-1","kind":"acknowledged","issued":130000000000,"expires":86530000000000,"room":null,"seconds":0,"by":"anna","state":"ordered","answered":null}','{"command":"acknowledged","id":"41301cf0-1d20-8e39-bf47-329e1606de9a","node":"n-1","issued":130000000000,"expires":86530000000000,"chain":"c152c171-f5ea-8505-9de0-0c134ab3bb21"}');
INSERT INTO "commands" VALUES('a4a95742-26ba-8a10-960a-1e10ca226068','n-1','r1','pause','ordered',3700000000000,3820000000000,'{"id":"a4a95742-26ba-8a10-960a-1e10ca226068","node":"n-1","kind":"pause","issued":3700000000000,"expires":3820000000000,"room":"r1","seconds":600,"by":"anna","state":"ordered","answered":null}','{"command":"pause","id":"a4a95742-26ba-8a10-960a-1e10ca226068","node":"n-1","issued":3700000000000,"expires":3820000000000,"room":"r1","seconds":600}');
CREATE TABLE enrolled_keys (
  key TEXT PRIMARY KEY,
  node TEXT NOT NULL REFERENCES enrolled_nodes (node),
  state TEXT NOT NULL CHECK (state IN ('active', 'next', 'retired', 'revoked')),
  since INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "enrolled_keys" VALUES(')U2<98^1m6[>VVI!zezeD}5m)sUGXlhBE!/@)jta','n-2','active',1796024646277861186);
INSERT INTO "enrolled_keys" VALUES('a!r!1[gRc-]wMV%G9gVZH5w0PU@]#B@$6:ikf4%!','n-1','active',1796024646241082096);
CREATE TABLE enrolled_nodes (
  node TEXT PRIMARY KEY,
  enrolled INTEGER NOT NULL,
  accepted_by TEXT NOT NULL,
  revoked INTEGER,
  revoked_by TEXT
) WITHOUT ROWID;
INSERT INTO "enrolled_nodes" VALUES('n-1',1796024646241082096,'test',NULL,NULL);
INSERT INTO "enrolled_nodes" VALUES('n-2',1796024646277861186,'test',NULL,NULL);
CREATE TABLE enrolled_rooms (
  room TEXT PRIMARY KEY,
  node TEXT NOT NULL REFERENCES enrolled_nodes (node)
) WITHOUT ROWID;
INSERT INTO "enrolled_rooms" VALUES('r1','n-1');
INSERT INTO "enrolled_rooms" VALUES('r2','n-1');
INSERT INTO "enrolled_rooms" VALUES('r3','n-1');
INSERT INTO "enrolled_rooms" VALUES('r4','n-2');
CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  node TEXT NOT NULL,
  room TEXT,
  chain TEXT NOT NULL,
  position INTEGER NOT NULL,
  t INTEGER NOT NULL,
  received INTEGER NOT NULL,
  body TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'e7bd0e4c-c7c8-8f4f-89b8-22a126a6c089','node.started','n-1',NULL,'ee471936-fea5-8f1b-8b7c-0f046bc57d00',0,1000000000,2000000000,'{"kind":"node.started","id":"e7bd0e4c-c7c8-8f4f-89b8-22a126a6c089","t":1000000000,"node":"n-1","room":null,"subject":null,"chain":"ee471936-fea5-8f1b-8b7c-0f046bc57d00","position":0,"probability":1.0,"contributions":[],"config_version":"000000000000"}');
INSERT INTO "events" VALUES(2,'d5edbadc-537b-8332-bc7d-435e691e74b2','fall.suspected','n-1','r1','e1f9be7a-4758-87f2-bb77-6dd5fadc7408',0,10000000000,101000000000,'{"kind":"fall.suspected","id":"d5edbadc-537b-8332-bc7d-435e691e74b2","t":10000000000,"node":"n-1","room":"r1","subject":"s-00aa","chain":"e1f9be7a-4758-87f2-bb77-6dd5fadc7408","position":0,"probability":0.81,"contributions":[{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(3,'6db9a184-b3ea-8db2-a3d8-730e2cdf2fb3','fall.confirmed','n-1','r1','e1f9be7a-4758-87f2-bb77-6dd5fadc7408',1,18000000000,101000000000,'{"kind":"fall.confirmed","id":"6db9a184-b3ea-8db2-a3d8-730e2cdf2fb3","t":18000000000,"node":"n-1","room":"r1","subject":"s-00aa","chain":"e1f9be7a-4758-87f2-bb77-6dd5fadc7408","position":1,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"down_s":8.0,"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(4,'fcf515a0-e1cd-820c-b1b0-ea0bd243497f','fall.suspected','n-1','r2','c152c171-f5ea-8505-9de0-0c134ab3bb21',0,20000000000,102000000000,'{"kind":"fall.suspected","id":"fcf515a0-e1cd-820c-b1b0-ea0bd243497f","t":20000000000,"node":"n-1","room":"r2","subject":"s-00aa","chain":"c152c171-f5ea-8505-9de0-0c134ab3bb21","position":0,"probability":0.81,"contributions":[{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(5,'9af6b9d6-9d62-8b49-9ffc-a6d12e0d3cc5','fall.confirmed','n-1','r2','c152c171-f5ea-8505-9de0-0c134ab3bb21',1,28000000000,102000000000,'{"kind":"fall.confirmed","id":"9af6b9d6-9d62-8b49-9ffc-a6d12e0d3cc5","t":28000000000,"node":"n-1","room":"r2","subject":"s-00aa","chain":"c152c171-f5ea-8505-9de0-0c134ab3bb21","position":1,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"down_s":8.0,"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(6,'6695236a-028b-88f8-88e6-f27d1cdc6660','fall.long_lie','n-1','r2','c152c171-f5ea-8505-9de0-0c134ab3bb21',2,80000000000,102000000000,'{"kind":"fall.long_lie","id":"6695236a-028b-88f8-88e6-f27d1cdc6660","t":80000000000,"node":"n-1","room":"r2","subject":"s-00aa","chain":"c152c171-f5ea-8505-9de0-0c134ab3bb21","position":2,"probability":0.98,"contributions":[],"config_version":"000000000000","senses":[],"down_s":60.0}');
INSERT INTO "events" VALUES(7,'c5c2a115-ff99-8831-90ee-55412f60c412','fall.suspected','n-1','r3','ab4986fa-ecbc-8ceb-8caf-e3db152ea268',0,30000000000,103000000000,'{"kind":"fall.suspected","id":"c5c2a115-ff99-8831-90ee-55412f60c412","t":30000000000,"node":"n-1","room":"r3","subject":"s-00aa","chain":"ab4986fa-ecbc-8ceb-8caf-e3db152ea268","position":0,"probability":0.81,"contributions":[{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(8,'27f5ce39-ed02-815e-87d5-8c653469caeb','fall.confirmed','n-1','r3','ab4986fa-ecbc-8ceb-8caf-e3db152ea268',1,38000000000,103000000000,'{"kind":"fall.confirmed","id":"27f5ce39-ed02-815e-87d5-8c653469caeb","t":38000000000,"node":"n-1","room":"r3","subject":"s-00aa","chain":"ab4986fa-ecbc-8ceb-8caf-e3db152ea268","position":1,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"down_s":8.0,"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(9,'3d0027ec-8d93-86d1-8440-5d46aea0fd3b','fall.long_lie','n-1','r3','ab4986fa-ecbc-8ceb-8caf-e3db152ea268',2,90000000000,103000000000,'{"kind":"fall.long_lie","id":"3d0027ec-8d93-86d1-8440-5d46aea0fd3b","t":90000000000,"node":"n-1","room":"r3","subject":"s-00aa","chain":"ab4986fa-ecbc-8ceb-8caf-e3db152ea268","position":2,"probability":0.98,"contributions":[],"config_version":"000000000000","senses":[],"down_s":60.0}');
INSERT INTO "events" VALUES(10,'b4fc2772-2b7f-8076-ad18-22d6f2589282','fall.recovered','n-1','r3','ab4986fa-ecbc-8ceb-8caf-e3db152ea268',3,120000000000,103000000000,'{"kind":"fall.recovered","id":"b4fc2772-2b7f-8076-ad18-22d6f2589282","t":120000000000,"node":"n-1","room":"r3","subject":"s-00aa","chain":"ab4986fa-ecbc-8ceb-8caf-e3db152ea268","position":3,"probability":1.0,"contributions":[],"config_version":"000000000000","senses":[],"down_s":89.0}');
INSERT INTO "events" VALUES(11,'cc2d9e82-3e04-892f-b5d4-60740c56a486','quality.degraded','n-1','r3','bbb4a90a-ddff-8402-a57e-29bdcd15a470',0,50000000000,140000000000,'{"kind":"quality.degraded","id":"cc2d9e82-3e04-892f-b5d4-60740c56a486","t":50000000000,"node":"n-1","room":"r3","subject":null,"chain":"bbb4a90a-ddff-8402-a57e-29bdcd15a470","position":0,"probability":1.0,"contributions":[],"config_version":"000000000000","source":"c1","view":"dark","hearing":null}');
INSERT INTO "events" VALUES(12,'e42687ad-7a87-80de-9335-b34d63d448b0','node.worker_failed','n-1',NULL,'9a080757-1889-8c77-bbd1-4225e321bbfa',0,60000000000,150000000000,'{"kind":"node.worker_failed","id":"e42687ad-7a87-80de-9335-b34d63d448b0","t":60000000000,"node":"n-1","room":null,"subject":null,"chain":"9a080757-1889-8c77-bbd1-4225e321bbfa","position":0,"probability":1.0,"contributions":[],"config_version":"000000000000","worker":"vision","restarts":3}');
INSERT INTO "events" VALUES(13,'6baf901c-bb66-8474-96e8-ad60e340f1d4','summary.hourly','n-1','r1','8df88005-408d-8097-a60e-e59a18496002',0,3600000000000,3601000000000,'{"kind":"summary.hourly","id":"6baf901c-bb66-8474-96e8-ad60e340f1d4","t":3600000000000,"node":"n-1","room":"r1","subject":"s-00aa","chain":"8df88005-408d-8097-a60e-e59a18496002","position":0,"probability":1.0,"contributions":[],"config_version":"000000000000","purpose":"voice","began":0,"marks":[]}');
CREATE TABLE history (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  alarm TEXT NOT NULL REFERENCES alarms (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  who TEXT,
  reason TEXT
);
INSERT INTO "history" VALUES(1,'e1f9be7a-4758-87f2-bb77-6dd5fadc7408',10000000000,'suspected',NULL,NULL);
INSERT INTO "history" VALUES(2,'e1f9be7a-4758-87f2-bb77-6dd5fadc7408',18000000000,'confirmed',NULL,NULL);
INSERT INTO "history" VALUES(3,'c152c171-f5ea-8505-9de0-0c134ab3bb21',20000000000,'suspected',NULL,NULL);
INSERT INTO "history" VALUES(4,'c152c171-f5ea-8505-9de0-0c134ab3bb21',28000000000,'confirmed',NULL,NULL);
INSERT INTO "history" VALUES(5,'c152c171-f5ea-8505-9de0-0c134ab3bb21',80000000000,'long_lie',NULL,NULL);
INSERT INTO "history" VALUES(6,'ab4986fa-ecbc-8ceb-8caf-e3db152ea268',30000000000,'suspected',NULL,NULL);
INSERT INTO "history" VALUES(7,'ab4986fa-ecbc-8ceb-8caf-e3db152ea268',38000000000,'confirmed',NULL,NULL);
INSERT INTO "history" VALUES(8,'ab4986fa-ecbc-8ceb-8caf-e3db152ea268',90000000000,'long_lie',NULL,NULL);
INSERT INTO "history" VALUES(9,'ab4986fa-ecbc-8ceb-8caf-e3db152ea268',120000000000,'recovered',NULL,NULL);
INSERT INTO "history" VALUES(10,'c152c171-f5ea-8505-9de0-0c134ab3bb21',130000000000,'acknowledged','anna',NULL);
INSERT INTO "history" VALUES(11,'cc2d9e82-3e04-892f-b5d4-60740c56a486',50000000000,'opened',NULL,NULL);
INSERT INTO "history" VALUES(12,'e42687ad-7a87-80de-9335-b34d63d448b0',60000000000,'opened',NULL,NULL);
INSERT INTO "history" VALUES(13,'0c0161b7-f8e1-880b-9c4f-8ec214a7c61a',3800000000000,'opened',NULL,NULL);
CREATE TABLE invitations (
  token_hash TEXT PRIMARY KEY,
  made_by TEXT NOT NULL,
  expires INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  used_by TEXT
) WITHOUT ROWID;
INSERT INTO "invitations" VALUES('990b87056de6997bfabe6f9697bc8dce634a20fcc21f32620a5625e20e6272e8','test',1796025246000000000,0,')U2<98^1m6[>VVI!zezeD}5m)sUGXlhBE!/@)jta');
INSERT INTO "invitations" VALUES('9e5c552f261896369ac5d719615472943952b82c8512349985ea51c49b8a5de2','test',1796025246000000000,0,'a!r!1[gRc-]wMV%G9gVZH5w0PU@]#B@$6:ikf4%!');
CREATE TABLE nodes (
  node TEXT PRIMARY KEY,
  first_heard INTEGER NOT NULL,
  last_heard INTEGER NOT NULL,
  stopped INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO "nodes" VALUES('n-1',2000000000,3601000000000,0);
CREATE TABLE pending_nodes (
  key TEXT PRIMARY KEY,
  node TEXT NOT NULL,
  site TEXT NOT NULL,
  rooms TEXT NOT NULL,
  asked INTEGER NOT NULL,
  rejected INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE rooms (
  room TEXT PRIMARY KEY,
  node TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "rooms" VALUES('r1','n-1');
INSERT INTO "rooms" VALUES('r2','n-1');
INSERT INTO "rooms" VALUES('r3','n-1');
CREATE TABLE schema_versions (component TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "schema_versions" VALUES('accounts',1);
INSERT INTO "schema_versions" VALUES('alarms',1);
INSERT INTO "schema_versions" VALUES('registry',1);
CREATE TABLE sequence (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  value INTEGER NOT NULL
);
INSERT INTO "sequence" VALUES(1,10);
CREATE TABLE sessions (
  token TEXT PRIMARY KEY,
  user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  csrf TEXT NOT NULL,
  created INTEGER NOT NULL,
  used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE setup_links (
  token TEXT PRIMARY KEY,
  expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE users (
  name TEXT PRIMARY KEY COLLATE NOCASE,
  role TEXT NOT NULL,
  hash TEXT NOT NULL,
  created INTEGER NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO "users" VALUES('anna','admin','$argon2id$v=19$m=65536,t=3,p=4$7naI6YPpk1PtSAxHPm/cOQ$4e3aIPGmzroAYn3yj0DshZcxtUs/W9wakcr/y357c5U',1000000000,0);
CREATE TABLE views (
  node TEXT NOT NULL,
  room TEXT NOT NULL,
  source TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (node, room, source)
) WITHOUT ROWID;
INSERT INTO "views" VALUES('n-1','r3','c1','{"node":"n-1","room":"r3","source":"c1","view":"dark","hearing":null,"chain":"bbb4a90a-ddff-8402-a57e-29bdcd15a470","t":50000000000,"position":0,"until":null}');
CREATE INDEX events_chain ON events (chain, position);
CREATE INDEX events_received ON events (received);
CREATE INDEX events_kind ON events (kind, node, t);
CREATE UNIQUE INDEX alarms_open ON alarms (key) WHERE state <> 'resolved';
CREATE INDEX alarms_resolved ON alarms (resolved) WHERE state = 'resolved';
CREATE INDEX history_alarm ON history (alarm);
CREATE TRIGGER history_append_only BEFORE UPDATE ON history BEGIN
  SELECT RAISE(ABORT, 'history is append-only');
END;
CREATE INDEX commands_open ON commands (node, issued) WHERE state = 'ordered';
CREATE INDEX commands_room ON commands (room, issued);
CREATE INDEX sessions_user ON sessions (user);
CREATE UNIQUE INDEX enrolled_keys_active ON enrolled_keys (node) WHERE state = 'active';
CREATE UNIQUE INDEX enrolled_keys_next ON enrolled_keys (node) WHERE state = 'next';
CREATE INDEX enrolled_rooms_node ON enrolled_rooms (node);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',13);
INSERT INTO "sqlite_sequence" VALUES('history',13);
COMMIT;
