hosts = [("@local", {"runtime": "embedded", "stage": "development", "port": 25433, "memory": "256MB"})]
