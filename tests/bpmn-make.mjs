// Writes a simple drawing with bpmn-moddle, as drawing tools do: start, two tasks in lanes, a gateway, two ends.
// Prints the XML.
import { BpmnModdle } from 'bpmn-moddle';

const moddle = new BpmnModdle();
const make = (type, fields) => moddle.create(`bpmn:${type}`, fields);
const nodes = [
  make('StartEvent', { id: 'Start_1' }),
  make('UserTask', { id: 'Activity_1', name: 'Tiếp nhận đề nghị' }),
  make('ExclusiveGateway', { id: 'Gateway_1', name: 'Đủ điều kiện?' }),
  make('UserTask', { id: 'Activity_2', name: 'Soạn trả lời' }),
  make('EndEvent', { id: 'End_1', name: 'Đã trả lời' }),
  make('EndEvent', { id: 'End_2', name: 'Từ chối' }),
];
const [start, receive, choice, answer, done, refused] = nodes;
const flow = (id, sourceRef, targetRef, name) => make('SequenceFlow', { id, sourceRef, targetRef, name });
const flows = [
  flow('Flow_1', start, receive), flow('Flow_2', receive, choice), flow('Flow_3', choice, refused, 'Không'),
  flow('Flow_4', choice, answer, 'Có'), flow('Flow_5', answer, done),
];
choice.default = flows[3];
const lanes = [
  make('Lane', { id: 'Lane_1', name: 'Văn thư, Vụ Hành chính', flowNodeRef: [receive] }),
  make('Lane', { id: 'Lane_2', name: 'expert@vu-tong-hop', flowNodeRef: [answer] }),
];
const process_ = make('Process', {
  id: 'Process_1', name: 'Trả lời đề nghị', isExecutable: false,
  laneSets: [make('LaneSet', { id: 'LaneSet_1', lanes })], flowElements: [...nodes, ...flows],
});
const definitions = make('Definitions', { targetNamespace: 'http://bpmn.io/schema/bpmn', rootElements: [process_] });
const { xml } = await moddle.toXML(definitions, { format: true });
console.log(xml);
