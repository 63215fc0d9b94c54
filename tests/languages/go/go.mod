module example.com/checks

go 1.19

require example.com/get_file_versions v0.0.0

replace example.com/get_file_versions => ../../../examples/go
