"""What staff read for the states of the record: one table a kind of state, each checked to be complete."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.model.complaint import Complaint
from bot.model.conversation import Direction, Holder, WaitReason
from bot.model.delivery import DeliveryState
from bot.model.message import Kind
from bot.model.office import Office
from bot.model.status import StatusTable

REASONS = {
    WaitReason.ASKED: "主动要求",
    WaitReason.EMERGENCY: "紧急情况",
    WaitReason.MISUNDERSTOOD: "多次没听懂",
    WaitReason.ABUSE: "情绪激动",
    WaitReason.PARKED: "消息处理失败",
}
HOLDERS = {
    Holder.BOT: "机器人在答",
    Holder.WAITING: "在等人接入",
    Holder.STAFF: "工作人员在答",
}
SPEAKERS = {
    Direction.CITIZEN: "市民",
    Direction.BOT: "机器人",
    Direction.STAFF: "工作人员",
    Direction.SYSTEM: "系统告知市民",
    Direction.NOTE: "内部备注",
}
KINDS = {
    Kind.TEXT: "",
    Kind.IMAGE: "图片",
    Kind.VOICE: "语音",
    Kind.VIDEO: "视频",
    Kind.LOCATION: "位置",
    Kind.LINK: "链接",
    Kind.STICKER: "表情或文件",
    Kind.FOLLOW: "关注了公众号",
    Kind.UNFOLLOW: "取消了关注",
    Kind.SCAN: "扫了现场二维码",
    Kind.MENU: "点了菜单",
    Kind.CONSENT: "选择了是否接收通知",
    Kind.RECEIPT: "平台回执",
    Kind.IGNORED: "其他事件",
}
#: What is shown as a quiet line in the middle: nobody said anything.
EVENTS = frozenset(
    {Kind.FOLLOW, Kind.UNFOLLOW, Kind.SCAN, Kind.MENU, Kind.CONSENT, Kind.RECEIPT, Kind.IGNORED}
)
DELIVERY_STATES = {
    DeliveryState.OFFERED: "正在答复",
    DeliveryState.QUEUED: "排队中",
    DeliveryState.IN_FLIGHT: "正在送出",
    DeliveryState.RETRY: "稍后重试",
    DeliveryState.HELD: "等市民下次来信时告知",
    DeliveryState.SENT: "已送达",
    DeliveryState.FAILED: "失败，需要人工查看",
    DeliveryState.WITHHELD: "不再发送（市民已取消关注）",
}
#: What a message was taken for → its name; the words of nlu/domain/intents.yml.
INTENTS = {
    "report": "反映情况",
    "start_complaint": "想要投诉",
    "correct": "更正内容",
    "second_matter": "还有一件事",
    "affirm": "同意",
    "deny": "不同意",
    "skip": "跳过",
    "cancel": "取消",
    "start_over": "重新说",
    "resume": "接着填",
    "add_material": "补充材料",
    "urge": "催办",
    "withdraw": "撤回",
    "history": "问办理经过",
    "dissatisfied": "不满意",
    "go_public": "愿意公开",
    "go_confidential": "要求保密",
    "ask_progress": "查进度",
    "ask_duration": "问多久办好",
    "ask_privacy": "问个人信息",
    "ask_help": "问怎么用",
    "ask_hours": "问值班时间",
    "ask_photo": "问怎么发图片",
    "my_data": "查看或删除自己的信息",
    "human": "找人工",
    "greet": "问好",
    "thanks": "道谢",
    "bye": "告别",
    "chitchat": "闲聊",
    "abuse": "骂人",
    "out_of_scope": "不归这里管",
    "event_media": "发来图片或语音",
    "event_location": "发来位置",
    "event_sticker": "发来表情或文件",
    "event_link": "发来链接",
    "event_follow": "关注公众号",
    "event_scan": "扫现场二维码",
    "nlu_fallback": "没有听懂",
}
#: How a time with a person ended → its name.
ENDINGS = {
    "": "进行中",
    "returned": "交还机器人",
    "lapsed": "超时结束",
    "cleared": "移出等待",
    "withdrawn": "市民不等了",
    "left": "市民取消关注",
}
#: Stages before the backend said anything; later ones have their names in catalog/statuses.yml.
_OWN_STAGES = {"confirmed": "已登记，正在转交", "filed": "已转交，等待受理"}
#: Words an update may carry (GeoReport v2 and mySociety's list), the usual ones first.
UPDATE_WORDS = (
    "in_progress", "investigating", "internal_referral", "action_scheduled", "planned", "for_triage", "open", "reopen",
    "closed", "fixed", "no_further_action", "not_councils_responsibility", "duplicate", "cancelled",
)  # fmt: skip


#: The mark of a matter that was told before, here or elsewhere.
REPEATED = "曾反映过"


def status_name(complaint: Complaint, statuses: StatusTable) -> str:
    """Return where a case stands, in the words the citizen reads."""
    if complaint.status:
        return statuses.meaning(complaint.status).name
    return _OWN_STAGES.get(complaint.stage) or statuses.name_of_stage(complaint.stage)


def status_choices(statuses: StatusTable) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the status words of the catalog as (group, [(word, name)]): what goes on, and what ends a case."""
    known = [(word, statuses.meaning(word)) for word in UPDATE_WORDS]
    going = [(word, m.name) for word, m in known if m.is_known and not m.is_closed]
    ended = [(word, m.name) for word, m in known if m.is_known and m.is_closed]
    return [("办理中", going), ("办结", ended)]


def moment(office: Office, at: datetime | None) -> str:
    """Return a time on the office's clock with its year, "" for none."""
    return at.astimezone(office.time_zone).strftime("%Y-%m-%d %H:%M") if at else ""


def waited(span: timedelta) -> str:
    """Return how long somebody waits, in the largest units that matter."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 1:
        return "刚刚"
    if minutes < 60:
        return f"{minutes} 分钟"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} 小时 {rest} 分" if rest else f"{hours} 小时"
    days, hours = divmod(hours, 24)
    return f"{days} 天 {hours} 小时" if hours else f"{days} 天"
