-- A checksum of each record's text (CRC-32), empty for those of before: a bit that a bad disk turned reads as well as any.
ALTER TABLE record ADD COLUMN crc INTEGER;
