import { mount } from 'svelte';
import Admin from './Admin.svelte';
import '../shell/style.css';
import './admin.css';
import { language } from './words.svelte';

document.documentElement.lang = language();
const target = document.getElementById('app');
if (target) mount(Admin, { target });
