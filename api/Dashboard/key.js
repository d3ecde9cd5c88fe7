// The reader's key: requested when the server needs one, stored in this tab's session storage, sent only to this server.

const slot = 'fish-key';
let asking = null;

export const currentKey = () => sessionStorage.getItem(slot);

/** Asks for a key, unless a request is open already. Returns whether there is a new key. */
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

/** Shows the button that changes the key, if there is a key. */
export function show() {
  document.getElementById('key').hidden = !currentKey();
}
