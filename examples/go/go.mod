module example.com/get_file_versions

go 1.19
