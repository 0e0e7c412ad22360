-- +goose Up
ALTER TABLE meeting_tenant ADD COLUMN suspended BIGINT NOT NULL DEFAULT 0;
