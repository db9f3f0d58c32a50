package inventory

// serviceNow is what the numbers of ServiceNow's columns of states mean, in asState's words:
// 6 is retired in the one, and in stock in the other. They are the choices that the
// collection servicenow.itsm of Ansible knows by name, see install_status and
// operational_status of its module configuration_item:
// https://github.com/ansible-collections/servicenow.itsm/blob/main/plugins/module_utils/configuration_item.py
var serviceNow = map[string]map[string]string{
	"installstatus": {
		"0": "implementing", "1": "installed", "2": "on order", "3": "in maintenance", "4": "pending install", "5": "pending repair", "6": "in stock", "7": "retired", "8": "stolen", "100": "absent",
	},
	"operationalstatus": {
		"1": "operational", "2": "non-operational", "3": "repair in progress", "4": "DR standby", "5": "ready", "6": "retired", "7": "pipeline", "8": "catalog",
	},
}

// stateWord is a value of a column, in words where it is one of ServiceNow's numbers.
func stateWord(column string, v any) any {
	if numbers := serviceNow[column]; numbers != nil {
		if word, ok := numbers[text(v)]; ok {
			return word
		}
	}
	return v
}
