from fastapi import FastAPI

def create_app() -> FastAPI:
    made = FastAPI()
    return made

app = create_app()
