"""The trail of who looked at or changed what: in the record for good, and one log line each. Holds ids only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.model.staff import AuditEntry, StaffMember
from bot.ports import Clock
from bot.record import Record, Unit

#: Number of who acts from the command line of the server.
COMMAND_LINE = "cli"
#: How long the second look of the same member at the same thing is not written down again.
SAME_LOOK = timedelta(minutes=10)

#: Action → its name on the page. A new action: add it here.
ACTIONS = {
    "signed in": "登录",
    "sign-in refused": "登录被拒绝",
    "account locked": "账号因输错密码被锁定",
    "signed out": "退出",
    "password changed": "修改自己的密码",
    "account added": "新增账号",
    "account renamed": "修改姓名",
    "role changed": "修改角色",
    "password reset": "重置密码",
    "account turned off": "停用账号",
    "account turned on": "启用账号",
    "account unlocked": "解除锁定",
    "sessions ended": "强制退出",
    "audit exported": "导出审计记录",
    "conversation viewed": "查看对话",
    "waiting cleared": "移出等待",
    "conversation claimed": "接入对话",
    "conversation taken over": "接管同事的对话",
    "conversation handed over": "转给同事",
    "conversation given back": "交还机器人",
    "conversation requeued": "退回等待",
    "number revealed": "查看完整号码",
    "complaint filed": "替市民提交",
    "hours changed": "修改值班时间",
    "shift added": "新增排班",
    "shift removed": "删除排班",
    "canned answer saved": "保存常用语",
    "canned answer removed": "删除常用语",
    "handoffs exported": "导出接待记录",
    "case viewed": "查看事项",
    "case revealed": "查看事项的完整信息",
    "confidential case viewed": "查看保密事项",
    "update posted": "登记办理进展",
    "unit changed": "修改单位",
    "office case viewed": "查看工单",
    "office case revealed": "查看工单的完整信息",
    "office step taken": "办理工单",
}
#: Kind of subject → its name on the page; what follows is the thing's own id.
SUBJECTS = {
    "account": "账号",
    "conversation": "对话",
    "case": "事项",
    "canned": "常用语",
    "shift": "排班",
    "order": "工单",
}


@dataclass(frozen=True)
class Trail:
    """Writes entries, in the transaction of the act where there is one."""

    record: Record
    clock: Clock

    def note(
        self,
        where: Unit | None,
        who: StaffMember | str,
        action: str,
        *,
        subject: str = "",
        detail: str = "",
        address: str = "",
    ) -> None:
        """Write one entry down; `where` is the act's own unit, None if the act touched no record.

        Raises:
            KeyError: the action is not in `ACTIONS`.
        """
        assert_known(action)
        entry = AuditEntry(
            at=self.clock.now(),
            number=who if isinstance(who, str) else who.number,
            action=action,
            subject=subject,
            detail=detail,
            address=address,
        )
        if where is not None:
            where.audit.add(entry)
        else:
            with self.record.unit() as unit:
                unit.audit.add(entry)
        structlog.get_logger("console.audit").info(
            action, who=entry.number, subject=subject, detail=detail
        )

    def note_look(
        self,
        who: StaffMember,
        action: str,
        *,
        subject: str,
        address: str = "",
        always: bool = False,
    ) -> None:
        """Write a look down, unless this member looked at the same within ten minutes (`always`: even then)."""
        if not always and self._is_noted(who.number, action, subject):
            return
        self.note(None, who, action, subject=subject, address=address)

    def _is_noted(self, number: str, action: str, subject: str) -> bool:
        with self.record.reading() as unit:
            last = unit.audit.entries(number=number, action=action, subject=subject, limit=1)
        return bool(last) and self.clock.now() - last[0].at < SAME_LOOK


def assert_known(action: str) -> None:
    """Refuse an action that the page could not name."""
    if action not in ACTIONS:
        raise KeyError(f"{action!r} is not in console.audit.ACTIONS")
