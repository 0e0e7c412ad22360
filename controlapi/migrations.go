package controlapi

import (
	"embed"
	"io/fs"

	"switchyard/internal/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the tables that the API itself needs.
func Migrations() db.Migrations {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return db.Migrations{Owner: "controlapi", Files: sub}
}
