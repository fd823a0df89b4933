"""Research exports: what a node recorded of residents who agreed, sealed for one researcher."""
