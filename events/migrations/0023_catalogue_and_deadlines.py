"""What can be reported and by when it is due, to begin with; both are edited on pages.

Entries and severities are modelled on 数字城管 (GB/T 30428.2 has classes of parts and events) and on
the four kinds of the contract; the deadlines are those of FIELD: the same day, 2 to 3 days, 7 days,
at most 15.
"""

from datetime import date
from typing import Any

from django.db import migrations

BEGIN = date(2024, 1, 1)
# kind, code and name of each group; code, name, severity and hint of its entries.
CATALOGUE = (
    ('safety', 'P01', '矛盾纠纷', (
        ('P0101', '邻里纠纷', 'minor', '噪声、漏水、公共空间占用等引起的争执'),
        ('P0102', '家庭婚姻纠纷', 'minor', '只写事由，不写当事人姓名'),
        ('P0103', '物业服务纠纷', 'major', '收费、停车、维修基金等'),
        ('P0104', '劳资纠纷', 'major', '欠薪、工伤赔偿等，写明工地或单位'),
        ('P0105', '征地拆迁纠纷', 'difficult', '涉及多个部门，须会商'),
    )),
    ('safety', 'P02', '治安隐患', (
        ('P0201', '可疑情况', 'major', '写明时间、地点和情形'),
        ('P0202', '打架斗殴', 'urgent', '同时拨打110'),
        ('P0203', '盗窃隐患', 'minor', '门禁损坏、楼道照明缺失等'),
        ('P0204', '涉嫌传销或非法集资', 'major', '写明场所和宣传内容'),
        ('P0205', '群体聚集', 'urgent', '写明人数和诉求'),
    )),
    ('safety', 'P03', '消防隐患', (
        ('P0301', '占用堵塞消防通道', 'minor', '拍清通道和占用物'),
        ('P0302', '电动自行车楼道充电', 'minor', '入户充电、飞线充电同此'),
        ('P0303', '消防设施损坏', 'major', '灭火器、消火栓、喷淋、报警器'),
        ('P0304', '违规用火用电', 'major', '写明场所和设备'),
        ('P0305', '三合一场所', 'difficult', '生产、仓储、住宿合用'),
    )),
    ('safety', 'P04', '安全生产', (
        ('P0401', '施工现场隐患', 'major', '临边、脚手架、起重机械等'),
        ('P0402', '危险化学品隐患', 'urgent', '不要靠近，先报告'),
        ('P0403', '经营场所隐患', 'minor', '疏散标志、安全出口'),
        ('P0404', '自建房隐患', 'difficult', '裂缝、倾斜、违规加层'),
    )),
    ('opinion', 'S01', '意见建议', (
        ('S0101', '环境卫生意见', 'minor', ''),
        ('S0102', '交通出行意见', 'minor', ''),
        ('S0103', '教育医疗意见', 'minor', ''),
        ('S0104', '物业与小区治理意见', 'minor', ''),
        ('S0105', '政策咨询', 'minor', '写明想了解的事项'),
    )),
    ('opinion', 'S02', '投诉举报', (
        ('S0201', '噪声扰民', 'minor', '施工、广场舞、商铺音响，写明时段'),
        ('S0202', '油烟异味', 'minor', ''),
        ('S0203', '扬尘污染', 'major', '工地、渣土车、裸露地面'),
        ('S0204', '违法建设', 'difficult', '写明位置和进度'),
        ('S0205', '占道经营', 'minor', ''),
        ('S0206', '工作人员服务态度', 'minor', '写明窗口或单位'),
    )),
    ('opinion', 'S03', '困难诉求', (
        ('S0301', '低保与临时救助', 'minor', '只写事项和联系途径，不写身份证号'),
        ('S0302', '独居老人需要帮助', 'minor', ''),
        ('S0303', '残疾人服务', 'minor', ''),
        ('S0304', '历史遗留产权问题', 'difficult', ''),
    )),
    ('service', 'G01', '道路与井盖', (
        ('G0101', '井盖缺失', 'urgent', '先设警示，拍清位置'),
        ('G0102', '井盖破损', 'major', '写明井盖字样：污、雨、电、热、信'),
        ('G0103', '路面破损', 'minor', '写明大小'),
        ('G0104', '道路塌陷', 'urgent', '先设警示，远离边缘'),
        ('G0105', '盲道或人行道损坏', 'minor', ''),
    )),
    ('service', 'G02', '市政设施', (
        ('G0201', '路灯不亮', 'minor', '写明灯杆编号'),
        ('G0202', '交通信号灯故障', 'major', ''),
        ('G0203', '护栏损坏', 'minor', ''),
        ('G0204', '公共座椅与健身器材损坏', 'minor', ''),
        ('G0205', '弱电线缆垂落', 'minor', '不要触碰'),
    )),
    ('service', 'G03', '水电气暖', (
        ('G0301', '供水管线漏水', 'major', ''),
        ('G0302', '停水', 'major', '写明楼栋和时间'),
        ('G0303', '停电', 'major', '写明楼栋和时间'),
        ('G0304', '供暖不足', 'minor', '写明室温和楼栋'),
        ('G0305', '污水外溢', 'major', ''),
    )),
    ('service', 'G04', '市容环卫', (
        ('G0401', '暴露垃圾', 'minor', ''),
        ('G0402', '垃圾桶满溢', 'minor', ''),
        ('G0403', '积存渣土', 'minor', '写明数量'),
        ('G0404', '非法小广告', 'minor', ''),
        ('G0405', '公厕损坏或不洁', 'minor', ''),
        ('G0406', '绿地损坏', 'minor', ''),
        ('G0407', '非机动车乱停放', 'minor', ''),
    )),
    ('emergency', 'Y01', '事故灾害', (
        ('Y0101', '火情', 'urgent', '先拨打119'),
        ('Y0102', '燃气泄漏', 'urgent', '先远离，再拨打燃气抢修电话'),
        ('Y0103', '交通事故', 'urgent', '有伤者先拨打120'),
        ('Y0104', '建筑物坍塌或坠物', 'urgent', ''),
        ('Y0105', '电梯困人', 'urgent', '写明电梯编号'),
        ('Y0106', '触电或线路起火', 'urgent', ''),
    )),
    ('emergency', 'Y02', '自然灾害', (
        ('Y0201', '道路积水', 'urgent', '写明水深'),
        ('Y0202', '树木倒伏', 'major', ''),
        ('Y0203', '积雪结冰', 'major', ''),
        ('Y0204', '山体滑坡迹象', 'urgent', ''),
    )),
    ('emergency', 'Y03', '公共卫生与走失', (
        ('Y0301', '食物中毒', 'urgent', '写明就餐场所和人数'),
        ('Y0302', '老人儿童走失', 'urgent', '同时拨打110'),
        ('Y0303', '流浪犬伤人', 'major', ''),
    )),
)
# severity ("" any), stage, amount, unit, amber in percent.
DEADLINES = (
    ('', 'accept', 120, 'minute', 25),
    ('', 'handle', 5, 'workday', 25),
    ('', 'close', 7, 'workday', 20),
    ('minor', 'accept', 120, 'minute', 25),
    ('minor', 'handle', 2, 'workday', 25),
    ('minor', 'close', 3, 'workday', 20),
    ('urgent', 'accept', 30, 'minute', 50),
    ('urgent', 'handle', 1440, 'minute', 25),
    ('urgent', 'close', 2880, 'minute', 20),
    ('difficult', 'accept', 240, 'minute', 25),
    ('difficult', 'handle', 15, 'workday', 20),
    ('difficult', 'close', 20, 'workday', 20),
)
# Entries that cannot wait: code, stage, amount, unit, amber.
EXACT = (
    ('G0101', 'handle', 240, 'minute', 25),
    ('G0101', 'close', 480, 'minute', 25),
    ('Y0102', 'accept', 10, 'minute', 50),
    ('Y0102', 'handle', 240, 'minute', 25),
    ('Y0105', 'accept', 10, 'minute', 50),
    ('Y0105', 'handle', 60, 'minute', 50),
)


def enter(apps: Any, schema_editor: Any) -> None:
    Category = apps.get_model('events', 'Category')
    DeadlineRule = apps.get_model('events', 'DeadlineRule')
    entries = {}
    for place, (kind, code, name, below) in enumerate(CATALOGUE):
        group = Category.objects.create(kind=kind, code=code, name=name, position=place * 10)
        for number, (entry, title, severity, hint) in enumerate(below):
            entries[entry] = Category.objects.create(
                kind=kind, parent=group, code=entry, name=title, severity=severity, hint=hint, position=number * 10
            )
    rules = [(None, severity, *rest) for severity, *rest in DEADLINES]
    rules += [(entries[code], '', *rest) for code, *rest in EXACT]
    DeadlineRule.objects.bulk_create(
        DeadlineRule(
            category=category, severity=severity, stage=stage, valid_from=BEGIN, amount=amount, unit=unit, amber=amber
        )
        for category, severity, stage, amount, unit, amber in rules
    )


def take_out(apps: Any, schema_editor: Any) -> None:
    """Only what no event and nobody else has used: the rest would be lost."""
    Category = apps.get_model('events', 'Category')
    apps.get_model('events', 'DeadlineRule').objects.filter(valid_from=BEGIN, made_by=None).delete()
    codes = [entry[0] for group in CATALOGUE for entry in group[3]]
    Category.objects.filter(code__in=codes, events=None).delete()
    Category.objects.filter(code__in=[group[1] for group in CATALOGUE], entries=None).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0022_holidays'),
    ]

    operations = [
        migrations.RunPython(enter, take_out),
    ]
