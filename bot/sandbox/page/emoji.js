// The :shortcodes: that people and bots use at work. An unknown one stays as it was written.

const TABLE = `
+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 ok_hand 👌 wave 👋 clap 👏 pray 🙏 raised_hands 🙌 raised_hand ✋ muscle 💪 point_right 👉
point_left 👈 point_up ☝️ point_up_2 👆 point_down 👇 handshake 🤝 writing_hand ✍️ eyes 👀 speak_no_evil 🙊 see_no_evil 🙈
smile 😄 smiley 😃 grinning 😀 grin 😁 joy 😂 rofl 🤣 slightly_smiling_face 🙂 upside_down_face 🙃 wink 😉 blush 😊 heart_eyes 😍
thinking_face 🤔 thinking 🤔 neutral_face 😐 expressionless 😑 sweat_smile 😅 sweat 😓 cry 😢 sob 😭 scream 😱 rage 😡 angry 😠
sunglasses 😎 nerd_face 🤓 sleeping 😴 zipper_mouth_face 🤐 face_with_monocle 🧐 exploding_head 🤯 partying_face 🥳 shrug 🤷
facepalm 🤦 robot_face 🤖 robot 🤖 ghost 👻 skull 💀 heart ❤️ broken_heart 💔 green_heart 💚 blue_heart 💙 yellow_heart 💛
tada 🎉 confetti_ball 🎊 sparkles ✨ star ⭐ star2 🌟 fire 🔥 boom 💥 zap ⚡ rocket 🚀 trophy 🏆 medal 🏅 dart 🎯 bulb 💡 gift 🎁
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ negative_squared_cross_mark ❎ heavy_multiplication_x ✖️
warning ⚠️ no_entry ⛔ no_entry_sign 🚫 octagonal_sign 🛑 stop_sign 🛑 rotating_light 🚨 bangbang ‼️ exclamation ❗
heavy_exclamation_mark ❗ question ❓ grey_question ❔ grey_exclamation ❕ interrobang ⁉️ information_source ℹ️ sos 🆘 recycle ♻️
red_circle 🔴 large_orange_circle 🟠 orange_circle 🟠 large_yellow_circle 🟡 yellow_circle 🟡 large_green_circle 🟢 green_circle 🟢
large_blue_circle 🔵 large_purple_circle 🟣 white_circle ⚪ black_circle ⚫ large_red_square 🟥 large_orange_square 🟧
large_yellow_square 🟨 large_green_square 🟩 large_blue_square 🟦 white_large_square ⬜ black_large_square ⬛ small_blue_diamond 🔹
small_orange_diamond 🔸 large_blue_diamond 🔷 large_orange_diamond 🔶 small_red_triangle 🔺 small_red_triangle_down 🔻
arrow_up ⬆️ arrow_down ⬇️ arrow_left ⬅️ arrow_right ➡️ arrow_upper_right ↗️ arrow_lower_right ↘️ arrows_counterclockwise 🔄
arrow_forward ▶️ arrow_backward ◀️ fast_forward ⏩ rewind ⏪ double_vertical_bar ⏸️ pause_button ⏸️ black_square_for_stop ⏹️
stop_button ⏹️ leftwards_arrow_with_hook ↩️ arrow_right_hook ↪️ repeat 🔁 twisted_rightwards_arrows 🔀
hourglass ⌛ hourglass_flowing_sand ⏳ stopwatch ⏱️ timer_clock ⏲️ alarm_clock ⏰ watch ⌚ clock1 🕐 clock3 🕒 clock9 🕘 calendar 📆
date 📅 spiral_calendar_pad 🗓️ chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 clipboard 📋 memo 📝 pencil 📝
pencil2 ✏️ page_facing_up 📄 page_with_curl 📃 newspaper 📰 books 📚 book 📖 notebook 📓 ledger 📒 bookmark 🔖 label 🏷️ receipt 🧾
file_folder 📁 open_file_folder 📂 card_index_dividers 🗂️ file_cabinet 🗄️ wastebasket 🗑️ lock 🔒 unlock 🔓 key 🔑 old_key 🗝️
closed_lock_with_key 🔐 shield 🛡️ lower_left_fountain_pen 🖋️ mag 🔍 mag_right 🔎 link 🔗 paperclip 📎 pushpin 📌 round_pushpin 📍
scissors ✂️ hammer 🔨 wrench 🔧 hammer_and_wrench 🛠️ gear ⚙️ nut_and_bolt 🔩 toolbox 🧰 magnet 🧲 test_tube 🧪 microscope 🔬
computer 💻 desktop_computer 🖥️ keyboard ⌨️ iphone 📱 telephone_receiver 📞 battery 🔋 electric_plug 🔌 floppy_disk 💾 cd 💿
satellite 🛰️ satellite_antenna 📡 globe_with_meridians 🌐 cloud ☁️ sunny ☀️ rainbow 🌈 snowflake ❄️ droplet 💧 ocean 🌊
bell 🔔 no_bell 🔕 loudspeaker 📢 mega 📣 speech_balloon 💬 thought_balloon 💭 email ✉️ envelope ✉️ inbox_tray 📥 outbox_tray 📤
incoming_envelope 📨 package 📦 mailbox 📫 moneybag 💰 credit_card 💳 dollar 💵 shopping_trolley 🛒 shopping_cart 🛒
bust_in_silhouette 👤 busts_in_silhouette 👥 construction 🚧 construction_worker 👷 cop 👮 male-detective 🕵️ technologist 🧑‍💻
bug 🐛 beetle 🐞 ant 🐜 snail 🐌 turtle 🐢 cat 🐱 dog 🐶 penguin 🐧 whale 🐳 octopus 🐙 crab 🦀 snake 🐍 bee 🐝 unicorn_face 🦄
coffee ☕ beer 🍺 pizza 🍕 cake 🍰 apple 🍎 tomato 🍅 hot_pepper 🌶️ seedling 🌱 evergreen_tree 🌲 four_leaf_clover 🍀 house 🏠
office 🏢 factory 🏭 hospital 🏥 bank 🏦 ambulance 🚑 fire_engine 🚒 police_car 🚓 airplane ✈️ ship 🚢 anchor ⚓ traffic_light 🚦
vertical_traffic_light 🚦 checkered_flag 🏁 triangular_flag_on_post 🚩 white_flag 🏳️ crystal_ball 🔮 game_die 🎲 jigsaw 🧩 wind_chime 🎐
zzz 💤 control_knobs 🎛️
one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ zero 0️⃣ keycap_ten 🔟 hash #️⃣ 100 💯 new 🆕 ok 🆗 up 🆙 cool 🆒
free 🆓 top 🔝 soon 🔜 back 🔙 on 🔛 end 🔚 tm ™️ copyright ©️ registered ®️ heavy_plus_sign ➕ heavy_minus_sign ➖ infinity ♾️
`;

const EMOJI = new Map();
const words = TABLE.trim().split(/\s+/);
for (let at = 0; at < words.length; at += 2) EMOJI.set(words[at], words[at + 1]);

/** The character for a shortcode without its colons (skin tones are ignored), or null. */
export function emoji(name) {
  return EMOJI.get(name.replace(/::skin-tone-\d$/, "")) ?? null;
}

/** What people reach for first when they react to a message. */
export const COMMON_REACTIONS = ["+1", "eyes", "white_check_mark", "tada", "heart", "thinking_face", "warning", "-1"];

/** Replace the shortcodes of a plain text. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+(?:::skin-tone-\d)?):/g, (whole, name) => emoji(name) ?? whole);
}
