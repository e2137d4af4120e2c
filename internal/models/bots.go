package models

var telegram = Framework{Name: "telegram bots", Version: "python-telegram-bot 22, aiogram 3.22, pyTelegramBotAPI 4.29, telethon 1.41, pyrogram 2.0", Models: []Model{
	{Name: "telegram.ext.{MessageHandler,CommandHandler}", Callbacks: []Callback{
		{Arg: "1:callback", Types: map[string]string{"0": "telegram.Update()", "1": "telegram.ext.CallbackContext()"}, Route: true},
	}},
	{Name: "telegram.ext.{CallbackQueryHandler,InlineQueryHandler,PollAnswerHandler}", Callbacks: []Callback{
		{Arg: "0:callback", Types: map[string]string{"0": "telegram.Update()", "1": "telegram.ext.CallbackContext()"}, Route: true},
	}},
	{Name: "telegram.Update().{message,effective_message,edited_message,channel_post,callback_query,inline_query,effective_user}", Source: User, From: "a chat message"},
	{Name: "telegram.Update().{message,effective_message}.{document,photo,voice,audio,video}", Source: Upload},
	{Name: "telegram.ext.CallbackContext().args", Source: User, From: "a chat command's words"},
	{Name: "telegram.ext.Context().{user_data,chat_data,bot_data}", NoPass: true},
	{Name: "telegram.ext.{ContextTypes.DEFAULT_TYPE,CallbackContext}", SameAs: "telegram.ext.Context"},
	{Name: "{telegram.Bot(),telegram.ext.CallbackContext().bot}.send_message", Sinks: at(Response, "1:text"), NoPass: true},
	{Name: "telegram.Update().{message,effective_message}.{reply_text,reply_html,reply_markdown,edit_text}", Sinks: at(Response, "0:text"), NoPass: true},

	{Name: "{aiogram.Dispatcher,aiogram.Router}().{message,edited_message,callback_query,inline_query,channel_post}", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": User}, Route: true},
	}},
	{Name: "{aiogram.Dispatcher,aiogram.Router}().message_handler", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"0": User}, Route: true}}},
	{Name: "{aiogram.Dispatcher,aiogram.Router}().{message,callback_query}.register", Callbacks: []Callback{{Arg: "0:callback", Params: map[string]Label{"0": User}, Route: true}}},
	{Name: "{telebot.TeleBot,telebot.async_telebot.AsyncTeleBot}().{message_handler,callback_query_handler,inline_handler,channel_post_handler}", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"0": User}, Route: true},
	}},
	{Name: "{telebot.TeleBot,telebot.async_telebot.AsyncTeleBot}().{register_next_step_handler,register_next_step_handler_by_chat_id,register_for_reply}", Callbacks: []Callback{
		{Arg: "1:callback", Params: map[string]Label{"0": User}, Route: true},
	}},
	{Name: "{telebot.TeleBot,telebot.async_telebot.AsyncTeleBot}().{register_message_handler,register_callback_query_handler,register_inline_handler,register_channel_post_handler}", Callbacks: []Callback{
		{Arg: "0:callback", Params: map[string]Label{"0": User}, Route: true},
	}},
	{Name: "aiogram.filters.{CommandObject,command.CommandObject}().{args,text,command}", Source: User, From: "a chat command's words"},
	{Name: "telethon.{TelegramClient,sync.TelegramClient}().on", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"0": User}, Route: true}}},
	{Name: "pyrogram.Client().{on_message,on_callback_query}", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"1": User}, Route: true}}},
	{Name: "pyrogram.Client.{on_message,on_callback_query}", Callbacks: []Callback{{Arg: "decorated", Params: map[string]Label{"1": User}, Route: true}}},
}}

var discord = Framework{Name: "discord", Version: "discord.py 2.6, py-cord 2.6", Models: []Model{
	{Name: "{nextcord,disnake}", SameAs: "discord"},
	{Name: "discord.{AutoShardedClient,Bot,AutoShardedBot,ext.commands.Bot,ext.commands.AutoShardedBot}", Extends: []string{"discord.Client"}},
	{Name: "discord.Client().{event,listen}", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"message": User}, Types: map[string]string{"message": "discord.Message()"}, Route: true},
	}},
	{Name: "discord.Client", Callbacks: []Callback{
		{Arg: "subclass.on_message", Params: map[string]Label{"0": User}, Types: map[string]string{"0": "discord.Message()"}, Route: true},
		{Arg: "subclass.on_message_edit", Params: map[string]Label{"0": User, "1": User}, Types: map[string]string{"0": "discord.Message()", "1": "discord.Message()"}, Route: true},
	}},
	{Name: "discord.ext.commands.Cog", Callbacks: []Callback{
		{Arg: "subclass.on_message", Params: map[string]Label{"0": User}, Types: map[string]string{"0": "discord.Message()"}, Route: true},
	}},
	{Name: "discord.ext.commands.Cog.listener", Callbacks: []Callback{
		{Arg: "decorated", Params: map[string]Label{"message": User}, Types: map[string]string{"message": "discord.Message()"}, Route: true},
	}},
	{Name: "discord.Client().{command,hybrid_command,slash_command,group}", Callbacks: []Callback{discordCommand}},
	{Name: "discord.{ext.commands.command,ext.commands.hybrid_command,slash_command,ext.commands.slash_command}", Callbacks: []Callback{discordCommand}},
	{Name: "discord.app_commands.{command,CommandTree().command,Group().command}", Callbacks: []Callback{discordCommand}},
	{Name: "discord.Client().tree", SameAs: "discord.app_commands.CommandTree()"},
	{Name: "discord.Message().{content,clean_content}", Source: User, From: "a chat message"},
	{Name: "discord.{Message().channel,Client().get_channel(),Client().fetch_channel(),ext.commands.Context().channel,ext.commands.Context(),TextChannel(),Thread(),Interaction().channel}.history", Source: Web, From: FromPosts, NoPass: true},
	{Name: "discord.Message().attachments", Source: Upload},
	{Name: "discord.Attachment().{filename,read,to_file,url,proxy_url,description,content_type}", Source: Upload},
	{Name: "discord.ui.{TextInput,text_input.TextInput}().value", Source: User, From: "a text field of the form"},
	{Name: "discord.Client().wait_for", Source: User, SourceIf: "0:event=message", From: "a chat message", NoPass: true},
	{Name: "discord.{ApplicationContext,ext.commands.Context}().message", SameAs: "discord.Message()"},
	{Name: "discord.ext.commands.Context().{send,reply}", Sinks: at(Response, "0:content"), NoPass: true},
	{Name: "discord.Message().{reply,channel.send}", Sinks: at(Response, "0:content"), NoPass: true},
}}

// discordCommand is a command's function: the context, then what the user typed.
var discordCommand = Callback{
	Arg: "decorated", Params: map[string]Label{"0": NoLabel, "self": NoLabel, "ctx": NoLabel, "interaction": NoLabel, "*": User},
	Types: map[string]string{"ctx": "discord.ext.commands.Context()"}, Route: true,
}

// slackParams are the arguments that Bolt injects by name and that hold what a user wrote.
var slackParams = map[string]Label{
	"event": User, "message": User, "body": User, "payload": User, "command": User, "text": User, "action": User,
	"view": User, "shortcut": User, "options": User, "req": User, "context": NoLabel,
}

// slackTypes are those of the arguments that hold several things.
var slackTypes = map[string]string{
	"context": "slack_bolt.context.BoltContext()", "args": "slack_bolt.kwargs_injection.args.Args()",
}

var slack = Framework{Name: "slack, teams and other bots", Version: "slack_bolt 1.26, slack_sdk 3.37, botbuilder 4.17, twilio 9, linebot 3", Models: []Model{
	{Name: "slack_bolt.{async_app.AsyncApp,app.App,app.async_app.AsyncApp,AsyncApp}", SameAs: "slack_bolt.App"},
	{Name: "slack_bolt.App().{event,message,command,action,view,shortcut,options,global_shortcut,message_shortcut,block_action,function}", Callbacks: []Callback{
		{Arg: "decorated", Params: slackParams, Types: slackTypes, Route: true},
	}},
	{Name: "slack_bolt.App().{event,message,command,action,view,shortcut,options,function}()", Callbacks: []Callback{
		{Arg: "ack", Params: slackParams, Types: slackTypes, Route: true}, {Arg: "lazy", Params: slackParams, Types: slackTypes, Route: true},
	}},
	{Name: "slack_bolt.context.BoltContext(){.matches,[matches]}", Source: User, From: "a chat message"},
	{Name: "slack_bolt.{kwargs_injection.args.Args,Args}().{event,message,body,payload,command,action,view,shortcut,options}", Source: User, From: "a chat message"},
	{Name: "slack_sdk.socket_mode.request.SocketModeRequest().payload", Source: User, From: "a chat message"},
	{Name: "{slack_sdk.WebClient,slack_sdk.web.async_client.AsyncWebClient,slack.WebClient}().{conversations_history,conversations_replies,search_messages}", Source: Web, From: FromChannel, NoPass: true},
	{Name: "{slack_sdk.WebClient,slack_sdk.web.async_client.AsyncWebClient,slack.WebClient}().chat_postMessage", Sinks: at(Response, "text", "blocks"), NoPass: true},
	{Name: "botbuilder.core.ActivityHandler", Callbacks: []Callback{
		{Arg: "subclass.on_message_activity", Types: map[string]string{"0": "botbuilder.core.TurnContext()"}, Route: true},
	}},
	{Name: "botbuilder.core.TurnContext().activity", Source: User, From: "a chat message"},
	{Name: "linebot.WebhookHandler().add", Callbacks: []Callback{{Arg: "decorated", Params: anyUser, Route: true}}},
	{Name: "linebot.v3.WebhookHandler", SameAs: "linebot.WebhookHandler"},
}}
