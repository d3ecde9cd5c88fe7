// The reader's key: asked for when the server wants one, kept in this tab's session storage, sent to this server alone.

const slot = 'fish-key';
let asking = null;

export const currentKey = () => sessionStorage.getItem(slot);

/** Asks for a key, unless that is being done already. Gives whether there is a new one. */
export function askForKey(why) {
  asking ??= ask(why).finally(() => { asking = null; });
  return asking;
}

function ask(why) {
  const dialog = document.getElementById('ask');
  const [form, field] = [document.getElementById('ask-form'), document.getElementById('ask-key')];
  document.getElementById('ask-why').textContent = why;
  field.value = '';
  dialog.showModal();
  field.focus();
  return new Promise(resolve => {
    form.onsubmit = () => {
      sessionStorage.setItem(slot, field.value.trim());
      show();
      resolve(true);
    };
    document.getElementById('ask-no').onclick = () => dialog.close();
    dialog.onclose = () => {
      field.value = '';
      resolve(false);
    };
  });
}

/** Shows the button that changes the key, where there is one to change. */
export function show() {
  document.getElementById('key').hidden = !currentKey();
}
