-- Conditions say what restrains them: a threshold, or shadow mode.
UPDATE alarms SET body = json_set(body, '$.held', json('null'), '$.shadow', json('null'));
