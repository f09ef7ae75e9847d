import { mount } from 'svelte';
import App from './App.svelte';
import './shell/style.css';
import { language } from './texts/index.svelte';

document.documentElement.lang = language();
const target = document.getElementById('app');
if (target) mount(App, { target });
