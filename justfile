# Short names for the commands of every day; each is one command of systemprompt, and takes its flags.

# list the recipes
default:
    @just --list

# start the database server that local tenants share, and say how to see it
db-up *FLAGS:
    systemprompt infra db up {{FLAGS}}

# stop it; its data stays
db-down *FLAGS:
    systemprompt infra db down {{FLAGS}}

# log in to the provider of cloud tenants; local ones need no login
login *FLAGS:
    systemprompt cloud auth login {{FLAGS}}

# begin to work in the selected tenant
session *FLAGS:
    systemprompt admin session login {{FLAGS}}

# tenants: `just tenant list`
tenant *WORDS:
    systemprompt cloud tenant {{WORDS}}

# profiles: `just profile list`
profile *WORDS:
    systemprompt cloud profile {{WORDS}}

# how the selected tenant is
status *FLAGS:
    systemprompt cloud tenant status {{FLAGS}}
