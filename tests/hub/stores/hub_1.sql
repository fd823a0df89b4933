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
INSERT INTO "alarms" VALUES('39b9eb77-32e1-84d9-a093-cadfb6404820','worker:n-1:fusion','worker','n-1',NULL,'active',30000000000,NULL,'{"id":"39b9eb77-32e1-84d9-a093-cadfb6404820","kind":"worker","key":"worker:n-1:fusion","chain":"7a174502-74ce-8b92-9969-8118a21180ba","node":"n-1","since":30000000000,"latest":30000000000,"state":"active","room":null,"subject":null,"stage":0,"stage_position":-1,"recovered_position":-1,"recovered_at":null,"probability":1.0,"contributions":[],"because_position":-1,"place":"unknown","place_position":-1,"descent_seen":false,"down_s":0.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":"fusion","rows":5,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":null,"resolved_at":null,"reason":null}');
INSERT INTO "alarms" VALUES('5828b312-e9d0-8834-95d0-1fb0c8041191','fall:5828b312-e9d0-8834-95d0-1fb0c8041191','fall','n-1','r1','resolved',500000000000,540000000000,'{"id":"5828b312-e9d0-8834-95d0-1fb0c8041191","kind":"fall","key":"fall:5828b312-e9d0-8834-95d0-1fb0c8041191","chain":"5828b312-e9d0-8834-95d0-1fb0c8041191","node":"n-1","since":500000000000,"latest":508000000000,"state":"resolved","room":"r1","subject":null,"stage":2,"stage_position":1,"recovered_position":-1,"recovered_at":null,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"because_position":1,"place":"floor","place_position":1,"descent_seen":true,"down_s":8.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":"ben","acknowledged_at":530000000000,"resolved_by":"ben","resolved_at":540000000000,"reason":"injured"}');
INSERT INTO "alarms" VALUES('5ad81052-daa4-8eec-99cd-a8f8ea081277','camera:n-1:r1:c1','camera','n-1','r1','active',10000000000,NULL,'{"id":"5ad81052-daa4-8eec-99cd-a8f8ea081277","kind":"camera","key":"camera:n-1:r1:c1","chain":"181dfa66-8129-8152-a49b-b9c21e41e4dc","node":"n-1","since":10000000000,"latest":10000000000,"state":"active","room":"r1","subject":null,"stage":0,"stage_position":-1,"recovered_position":-1,"recovered_at":null,"probability":1.0,"contributions":[],"because_position":-1,"place":"unknown","place_position":-1,"descent_seen":false,"down_s":0.0,"source":"c1","view":"dark","hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":null,"resolved_at":null,"reason":null}');
INSERT INTO "alarms" VALUES('98f8d4b2-51b6-87bc-aae1-214abd9390cd','node_silent:n-2','node_silent','n-2',NULL,'active',650000000000,NULL,'{"id":"98f8d4b2-51b6-87bc-aae1-214abd9390cd","kind":"node_silent","key":"node_silent:n-2","chain":"98f8d4b2-51b6-87bc-aae1-214abd9390cd","node":"n-2","since":650000000000,"latest":700000000000,"state":"active","room":null,"subject":null,"stage":0,"stage_position":-1,"recovered_position":-1,"recovered_at":null,"probability":1.0,"contributions":[],"because_position":-1,"place":"unknown","place_position":-1,"descent_seen":false,"down_s":0.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":null,"resolved_at":null,"reason":null}');
INSERT INTO "alarms" VALUES('a9456acd-9423-87ed-85ab-6c818b13b690','fall:a9456acd-9423-87ed-85ab-6c818b13b690','fall','n-1','r2','acknowledged',200000000000,NULL,'{"id":"a9456acd-9423-87ed-85ab-6c818b13b690","kind":"fall","key":"fall:a9456acd-9423-87ed-85ab-6c818b13b690","chain":"a9456acd-9423-87ed-85ab-6c818b13b690","node":"n-1","since":200000000000,"latest":208000000000,"state":"acknowledged","room":"r2","subject":"s-0002","stage":2,"stage_position":1,"recovered_position":-1,"recovered_at":null,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"because_position":1,"place":"floor","place_position":1,"descent_seen":true,"down_s":8.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":"anna","acknowledged_at":220000000000,"resolved_by":null,"resolved_at":null,"reason":null}');
INSERT INTO "alarms" VALUES('b93dc153-b6ee-8358-b576-5d6253005b7c','fall:b93dc153-b6ee-8358-b576-5d6253005b7c','fall','n-1','r3','active',300000000000,NULL,'{"id":"b93dc153-b6ee-8358-b576-5d6253005b7c","kind":"fall","key":"fall:b93dc153-b6ee-8358-b576-5d6253005b7c","chain":"b93dc153-b6ee-8358-b576-5d6253005b7c","node":"n-1","since":300000000000,"latest":390000000000,"state":"active","room":"r3","subject":null,"stage":3,"stage_position":2,"recovered_position":3,"recovered_at":390000000000,"probability":0.98,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"because_position":1,"place":"floor","place_position":1,"descent_seen":true,"down_s":89.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":null,"resolved_at":null,"reason":null}');
INSERT INTO "alarms" VALUES('bc612215-9a1a-815b-87c6-eb47969f7787','fall:bc612215-9a1a-815b-87c6-eb47969f7787','fall','n-1','r4','resolved',600000000000,640000000000,'{"id":"bc612215-9a1a-815b-87c6-eb47969f7787","kind":"fall","key":"fall:bc612215-9a1a-815b-87c6-eb47969f7787","chain":"bc612215-9a1a-815b-87c6-eb47969f7787","node":"n-1","since":600000000000,"latest":600000000000,"state":"resolved","room":"r4","subject":null,"stage":1,"stage_position":0,"recovered_position":-1,"recovered_at":null,"probability":0.81,"contributions":[{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"because_position":0,"place":"floor","place_position":0,"descent_seen":true,"down_s":0.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":"ben","resolved_at":640000000000,"reason":"no_help_needed"}');
INSERT INTO "alarms" VALUES('d93b0549-e7bc-87b5-ab00-eaac7b412b2d','fall:d93b0549-e7bc-87b5-ab00-eaac7b412b2d','fall','n-1','r1','active',100000000000,NULL,'{"id":"d93b0549-e7bc-87b5-ab00-eaac7b412b2d","kind":"fall","key":"fall:d93b0549-e7bc-87b5-ab00-eaac7b412b2d","chain":"d93b0549-e7bc-87b5-ab00-eaac7b412b2d","node":"n-1","since":100000000000,"latest":108000000000,"state":"active","room":"r1","subject":"s-0001","stage":2,"stage_position":1,"recovered_position":-1,"recovered_at":null,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"because_position":1,"place":"floor","place_position":1,"descent_seen":true,"down_s":8.0,"source":null,"view":null,"hearing":null,"device":"camera","worker":null,"rows":0,"free_mb":null,"senses":[],"bed":null,"lower":null,"upper":null,"missing":0,"marker":null,"z":null,"in_s":0.0,"stopped":false,"acknowledged_by":null,"acknowledged_at":null,"resolved_by":null,"resolved_at":null,"reason":null}');
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
INSERT INTO "commands" VALUES('1b91c93a-8672-864a-8c77-9c547a21e6b7','n-1',NULL,'acknowledged','ordered',220000000000,86620000000000,'{"id":"1b91c93a-8672-864a-8c77-9c547a21e6b7","node":"n-1","kind":"acknowledged","issued":220000000000,"expires":86620000000000,"room":null,"seconds":0,"by":"anna","state":"ordered","answered":null}','{"command":"acknowledged","id":"1b91c93a-8672-864a-8c77-9c547a21e6b7","node":"n-1","issued":220000000000,"expires":86620000000000,"chain":"a9456acd-9423-87ed-85ab-6c818b13b690"}');
INSERT INTO "commands" VALUES('26c1cc6e-371e-8a20-bfa4-d2aba4161856','n-1',NULL,'acknowledged','ordered',530000000000,86930000000000,'{"id":"26c1cc6e-371e-8a20-bfa4-d2aba4161856","node":"n-1","kind":"acknowledged","issued":530000000000,"expires":86930000000000,"room":null,"seconds":0,"by":"ben","state":"ordered","answered":null}','{"command":"acknowledged","id":"26c1cc6e-371e-8a20-bfa4-d2aba4161856","node":"n-1","issued":530000000000,"expires":86930000000000,"chain":"5828b312-e9d0-8834-95d0-1fb0c8041191"}');
INSERT INTO "commands" VALUES('41cb7972-4345-8313-917d-cbad795c4726','n-1',NULL,'acknowledged','ordered',640000000000,87040000000000,'{"id":"41cb7972-4345-8313-917d-cbad795c4726","node":"n-1","kind":"acknowledged","issued":640000000000,"expires":87040000000000,"room":null,"seconds":0,"by":"ben","state":"ordered","answered":null}','{"command":"acknowledged","id":"41cb7972-4345-8313-917d-cbad795c4726","node":"n-1","issued":640000000000,"expires":87040000000000,"chain":"bc612215-9a1a-815b-87c6-eb47969f7787"}');
CREATE TABLE enrolled_keys (
  key TEXT PRIMARY KEY,
  node TEXT NOT NULL REFERENCES enrolled_nodes (node),
  state TEXT NOT NULL CHECK (state IN ('active', 'next', 'retired', 'revoked')),
  since INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE enrolled_nodes (
  node TEXT PRIMARY KEY,
  enrolled INTEGER NOT NULL,
  accepted_by TEXT NOT NULL,
  revoked INTEGER,
  revoked_by TEXT
) WITHOUT ROWID;
CREATE TABLE enrolled_rooms (
  room TEXT PRIMARY KEY,
  node TEXT NOT NULL REFERENCES enrolled_nodes (node)
) WITHOUT ROWID;
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
INSERT INTO "events" VALUES(1,'8f29d3a0-a0cc-83f0-a0d7-38f3eede19d9','fall.suspected','n-1','r1','d93b0549-e7bc-87b5-ab00-eaac7b412b2d',0,100000000000,110000000000,'{"kind":"fall.suspected","id":"8f29d3a0-a0cc-83f0-a0d7-38f3eede19d9","t":100000000000,"node":"n-1","room":"r1","subject":"s-0001","chain":"d93b0549-e7bc-87b5-ab00-eaac7b412b2d","position":0,"probability":0.81,"contributions":[{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(2,'d2bf63fb-f4e9-8441-9794-0e9dc5731fe7','fall.confirmed','n-1','r1','d93b0549-e7bc-87b5-ab00-eaac7b412b2d',1,108000000000,110000000000,'{"kind":"fall.confirmed","id":"d2bf63fb-f4e9-8441-9794-0e9dc5731fe7","t":108000000000,"node":"n-1","room":"r1","subject":"s-0001","chain":"d93b0549-e7bc-87b5-ab00-eaac7b412b2d","position":1,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"down_s":8.0,"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(3,'ff4d0e51-7e8e-8bf8-be07-5ef1b59c097e','fall.suspected','n-1','r2','a9456acd-9423-87ed-85ab-6c818b13b690',0,200000000000,210000000000,'{"kind":"fall.suspected","id":"ff4d0e51-7e8e-8bf8-be07-5ef1b59c097e","t":200000000000,"node":"n-1","room":"r2","subject":"s-0002","chain":"a9456acd-9423-87ed-85ab-6c818b13b690","position":0,"probability":0.81,"contributions":[{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(4,'a9cbf48d-16fd-809f-a81f-0cab1a0574ad','fall.confirmed','n-1','r2','a9456acd-9423-87ed-85ab-6c818b13b690',1,208000000000,210000000000,'{"kind":"fall.confirmed","id":"a9cbf48d-16fd-809f-a81f-0cab1a0574ad","t":208000000000,"node":"n-1","room":"r2","subject":"s-0002","chain":"a9456acd-9423-87ed-85ab-6c818b13b690","position":1,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"down_s":8.0,"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(5,'07b7b955-9fec-8b46-a2c1-9322363fc010','fall.suspected','n-1','r3','b93dc153-b6ee-8358-b576-5d6253005b7c',0,300000000000,400000000000,'{"kind":"fall.suspected","id":"07b7b955-9fec-8b46-a2c1-9322363fc010","t":300000000000,"node":"n-1","room":"r3","subject":null,"chain":"b93dc153-b6ee-8358-b576-5d6253005b7c","position":0,"probability":0.81,"contributions":[{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(6,'e715f7cd-80fc-86f7-afb0-1d8b7fa03dd4','fall.confirmed','n-1','r3','b93dc153-b6ee-8358-b576-5d6253005b7c',1,308000000000,400000000000,'{"kind":"fall.confirmed","id":"e715f7cd-80fc-86f7-afb0-1d8b7fa03dd4","t":308000000000,"node":"n-1","room":"r3","subject":null,"chain":"b93dc153-b6ee-8358-b576-5d6253005b7c","position":1,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"down_s":8.0,"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(7,'360e67dd-7757-8e8a-bd93-4b4ba3f0023b','fall.long_lie','n-1','r3','b93dc153-b6ee-8358-b576-5d6253005b7c',2,360000000000,400000000000,'{"kind":"fall.long_lie","id":"360e67dd-7757-8e8a-bd93-4b4ba3f0023b","t":360000000000,"node":"n-1","room":"r3","subject":null,"chain":"b93dc153-b6ee-8358-b576-5d6253005b7c","position":2,"probability":0.98,"contributions":[],"config_version":"000000000000","senses":[],"down_s":60.0}');
INSERT INTO "events" VALUES(8,'04bc74de-d222-8a2a-b587-335d69d3a55c','fall.recovered','n-1','r3','b93dc153-b6ee-8358-b576-5d6253005b7c',3,390000000000,400000000000,'{"kind":"fall.recovered","id":"04bc74de-d222-8a2a-b587-335d69d3a55c","t":390000000000,"node":"n-1","room":"r3","subject":null,"chain":"b93dc153-b6ee-8358-b576-5d6253005b7c","position":3,"probability":1.0,"contributions":[],"config_version":"000000000000","senses":[],"down_s":89.0}');
INSERT INTO "events" VALUES(9,'67045952-c21d-8a29-b764-4e236b9441ec','fall.suspected','n-1','r1','5828b312-e9d0-8834-95d0-1fb0c8041191',0,500000000000,520000000000,'{"kind":"fall.suspected","id":"67045952-c21d-8a29-b764-4e236b9441ec","t":500000000000,"node":"n-1","room":"r1","subject":null,"chain":"5828b312-e9d0-8834-95d0-1fb0c8041191","position":0,"probability":0.81,"contributions":[{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(10,'fefaaae9-4add-87c3-b064-373d41347bd6','fall.confirmed','n-1','r1','5828b312-e9d0-8834-95d0-1fb0c8041191',1,508000000000,520000000000,'{"kind":"fall.confirmed","id":"fefaaae9-4add-87c3-b064-373d41347bd6","t":508000000000,"node":"n-1","room":"r1","subject":null,"chain":"5828b312-e9d0-8834-95d0-1fb0c8041191","position":1,"probability":0.97,"contributions":[{"sense":"vision.posture","llr":4.2},{"sense":"vision.descent","llr":2.1},{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"down_s":8.0,"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(11,'38e9152d-7328-854c-af8b-6d3c28064aee','fall.suspected','n-1','r4','bc612215-9a1a-815b-87c6-eb47969f7787',0,600000000000,620000000000,'{"kind":"fall.suspected","id":"38e9152d-7328-854c-af8b-6d3c28064aee","t":600000000000,"node":"n-1","room":"r4","subject":null,"chain":"bc612215-9a1a-815b-87c6-eb47969f7787","position":0,"probability":0.81,"contributions":[{"sense":"vision.stillness","llr":0.6},{"sense":"place","llr":1.4}],"config_version":"000000000000","senses":[],"place":"floor","descent_seen":true}');
INSERT INTO "events" VALUES(12,'5ad81052-daa4-8eec-99cd-a8f8ea081277','quality.degraded','n-1','r1','181dfa66-8129-8152-a49b-b9c21e41e4dc',0,10000000000,700000000000,'{"kind":"quality.degraded","id":"5ad81052-daa4-8eec-99cd-a8f8ea081277","t":10000000000,"node":"n-1","room":"r1","subject":null,"chain":"181dfa66-8129-8152-a49b-b9c21e41e4dc","position":0,"probability":1.0,"contributions":[],"config_version":"000000000000","source":"c1","view":"dark","hearing":null}');
INSERT INTO "events" VALUES(13,'39b9eb77-32e1-84d9-a093-cadfb6404820','node.worker_failed','n-1',NULL,'7a174502-74ce-8b92-9969-8118a21180ba',0,30000000000,700000000000,'{"kind":"node.worker_failed","id":"39b9eb77-32e1-84d9-a093-cadfb6404820","t":30000000000,"node":"n-1","room":null,"subject":null,"chain":"7a174502-74ce-8b92-9969-8118a21180ba","position":0,"probability":1.0,"contributions":[],"config_version":"000000000000","worker":"fusion","restarts":5}');
CREATE TABLE history (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  alarm TEXT NOT NULL REFERENCES alarms (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  who TEXT,
  reason TEXT
);
INSERT INTO "history" VALUES(1,'d93b0549-e7bc-87b5-ab00-eaac7b412b2d',100000000000,'suspected',NULL,NULL);
INSERT INTO "history" VALUES(2,'d93b0549-e7bc-87b5-ab00-eaac7b412b2d',108000000000,'confirmed',NULL,NULL);
INSERT INTO "history" VALUES(3,'a9456acd-9423-87ed-85ab-6c818b13b690',200000000000,'suspected',NULL,NULL);
INSERT INTO "history" VALUES(4,'a9456acd-9423-87ed-85ab-6c818b13b690',208000000000,'confirmed',NULL,NULL);
INSERT INTO "history" VALUES(5,'a9456acd-9423-87ed-85ab-6c818b13b690',220000000000,'acknowledged','anna',NULL);
INSERT INTO "history" VALUES(6,'b93dc153-b6ee-8358-b576-5d6253005b7c',300000000000,'suspected',NULL,NULL);
INSERT INTO "history" VALUES(7,'b93dc153-b6ee-8358-b576-5d6253005b7c',308000000000,'confirmed',NULL,NULL);
INSERT INTO "history" VALUES(8,'b93dc153-b6ee-8358-b576-5d6253005b7c',360000000000,'long_lie',NULL,NULL);
INSERT INTO "history" VALUES(9,'b93dc153-b6ee-8358-b576-5d6253005b7c',390000000000,'recovered',NULL,NULL);
INSERT INTO "history" VALUES(10,'5828b312-e9d0-8834-95d0-1fb0c8041191',500000000000,'suspected',NULL,NULL);
INSERT INTO "history" VALUES(11,'5828b312-e9d0-8834-95d0-1fb0c8041191',508000000000,'confirmed',NULL,NULL);
INSERT INTO "history" VALUES(12,'5828b312-e9d0-8834-95d0-1fb0c8041191',530000000000,'acknowledged','ben',NULL);
INSERT INTO "history" VALUES(13,'5828b312-e9d0-8834-95d0-1fb0c8041191',540000000000,'resolved','ben','injured');
INSERT INTO "history" VALUES(14,'bc612215-9a1a-815b-87c6-eb47969f7787',600000000000,'suspected',NULL,NULL);
INSERT INTO "history" VALUES(15,'bc612215-9a1a-815b-87c6-eb47969f7787',640000000000,'resolved','ben','no_help_needed');
INSERT INTO "history" VALUES(16,'5ad81052-daa4-8eec-99cd-a8f8ea081277',10000000000,'opened',NULL,NULL);
INSERT INTO "history" VALUES(17,'39b9eb77-32e1-84d9-a093-cadfb6404820',30000000000,'opened',NULL,NULL);
INSERT INTO "history" VALUES(18,'98f8d4b2-51b6-87bc-aae1-214abd9390cd',700000000000,'opened',NULL,NULL);
CREATE TABLE invitations (
  token_hash TEXT PRIMARY KEY,
  made_by TEXT NOT NULL,
  expires INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  used_by TEXT
) WITHOUT ROWID;
CREATE TABLE nodes (
  node TEXT PRIMARY KEY,
  first_heard INTEGER NOT NULL,
  last_heard INTEGER NOT NULL,
  stopped INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO "nodes" VALUES('n-1',110000000000,700000000000,0);
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
INSERT INTO "rooms" VALUES('r4','n-1');
CREATE TABLE schema_versions (component TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "schema_versions" VALUES('accounts',1);
INSERT INTO "schema_versions" VALUES('alarms',1);
INSERT INTO "schema_versions" VALUES('registry',1);
CREATE TABLE sequence (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  value INTEGER NOT NULL
);
INSERT INTO "sequence" VALUES(1,12);
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
CREATE TABLE views (
  node TEXT NOT NULL,
  room TEXT NOT NULL,
  source TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (node, room, source)
) WITHOUT ROWID;
INSERT INTO "views" VALUES('n-1','r1','c1','{"node":"n-1","room":"r1","source":"c1","view":"dark","hearing":null,"chain":"181dfa66-8129-8152-a49b-b9c21e41e4dc","t":10000000000,"position":0,"until":null}');
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
INSERT INTO "sqlite_sequence" VALUES('history',18);
COMMIT;
