-- What the database of policybot needs. The container of PostgreSQL runs it once, when its data folder is new. policybot owns its
-- own database and can do nothing else; as the other two, which nobody signs in as, it reads the rows of one school at a time, and
-- the few things that cross schools.
\set password `cat /run/secrets/database-password`
CREATE ROLE policybot LOGIN PASSWORD :'password';
CREATE ROLE policybot_school NOLOGIN;
CREATE ROLE policybot_across NOLOGIN;
GRANT policybot_school, policybot_across TO policybot;
CREATE DATABASE policybot OWNER policybot ENCODING 'UTF8' TEMPLATE template0;
