"""The least a tray program can be: an icon and a menu of twenty rows. Says when it is there."""

from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

application = QApplication(["bare"])
application.setQuitOnLastWindowClosed(False)
pixmap = QPixmap(22, 22)
pixmap.fill()
icon = QSystemTrayIcon(QIcon(pixmap))
menu = QMenu()
for number in range(20):
    menu.addAction(f"session {number}")
icon.setContextMenu(menu)
icon.show()
print("shown", flush=True)
application.exec()
