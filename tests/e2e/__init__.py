"""The whole product over its real wire: WeChat on one side, an Open311 backend on the other."""
