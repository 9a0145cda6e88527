"""Stands in for a terminal on the session bus: answers each method as it was told to, and notes what it was asked.

``bus_terminal.py ANSWERS``: a JSON file {"<path> <method>": [signature, value]}; what it does not hold is an error. Its
unique name is printed, then each call as a JSON line of path, method and body.
"""

import json
import sys
from pathlib import Path

from jeepney import HeaderFields, MessageType, new_error, new_method_return
from jeepney.io.blocking import open_dbus_connection


def main() -> None:
    answers = json.loads(Path(sys.argv[1]).read_text())
    with open_dbus_connection(bus="SESSION") as bus:
        print(bus.unique_name, flush=True)
        while True:
            call = bus.receive()
            if call.header.message_type is not MessageType.method_call:
                continue
            path, method = call.header.fields[HeaderFields.path], call.header.fields[HeaderFields.member]
            print(json.dumps([path, method, list(call.body)]), flush=True)
            answer = answers.get(f"{path} {method}")
            if answer is None:
                bus.send(new_error(call, "org.freedesktop.DBus.Error.UnknownMethod"))
            else:
                bus.send(new_method_return(call, answer[0], (answer[1],) if answer[0] else ()))


if __name__ == "__main__":
    main()
