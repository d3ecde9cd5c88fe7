using FishCheckpoint.Access;
using FishCheckpoint.Dashboard.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;

namespace FishCheckpoint.Dashboard.Tests;

/// <summary>A server of its own that asks for keys, and may stop.</summary>
public sealed class RefusalTests(Chromium chromium, DashboardServer server) : DashboardTest(chromium, server)
{
    protected override async Task SetUpAsync()
    {
        ExpectsRefusals = true;
        Server = DashboardServer.WithKeys();
        await Server.InitializeAsync();
    }

    protected override async Task TearDownAsync() => await Server.DisposeAsync();

    [Fact]
    public async Task Key_IsAskedForOnce_AndKeptForTheTab()
    {
        var reader = await KeyAsync(new KeySpec("reader", KeyScope.Read));
        await GoAsync("/");
        var dialog = Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToBeVisibleAsync();
        await dialog.GetByLabel("Key").FillAsync("fish_000000000000_wrong");
        await Button("Use this key").ClickAsync();
        await Expect(dialog).ToContainTextAsync("unknown, expired or revoked");
        await KeepAsync("key");
        await dialog.GetByLabel("Key").FillAsync(reader);
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.Locator(".lead")).ToContainTextAsync("of 3 tasks");
        await Page.ReloadAsync();
        await Expect(Page.Locator(".lead")).ToContainTextAsync("of 3 tasks");
        await Expect(dialog).ToBeHiddenAsync();
        await Expect(Button("Change key")).ToBeVisibleAsync();
        await GoAsync("/reclaim");
        await Button("Start the dry run").ClickAsync();
        await Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("This request needs a key of the scope admin; the key has read.");
        Assert.DoesNotContain(Requests, url => url.Contains(reader, StringComparison.Ordinal));
    }

    [Fact]
    public async Task LimitedKey_SeesItsTasksAlone()
    {
        var limited = await KeyAsync(new KeySpec("limited", KeyScope.Read, ["bet*"]));
        await GoAsync("/");
        await Page.GetByRole(AriaRole.Dialog).GetByLabel("Key").FillAsync(limited);
        await Button("Use this key").ClickAsync();
        await Expect(Page.Locator(".lead")).ToContainTextAsync("3 checkpoints of 1 task");
        await Expect(Table("Tasks").Locator("tbody tr")).ToHaveCountAsync(1);
        await GoAsync("/task/alpha");
        await Expect(Page.GetByRole(AriaRole.Alert))
            .ToContainTextAsync("The key is limited to tasks, and this item belongs to none of them.");
    }

    [Fact]
    public async Task WhatIsNotThere_AndAServerThatStopped_AreSaidWell()
    {
        var reader = await KeyAsync(new KeySpec("reader", KeyScope.Read));
        await GoAsync("/task/none");
        await Page.GetByRole(AriaRole.Dialog).GetByLabel("Key").FillAsync(reader);
        await Button("Use this key").ClickAsync();
        var alert = Page.GetByRole(AriaRole.Alert);
        await Expect(alert).ToContainTextAsync("There is no such task.");
        await Expect(alert).ToContainTextAsync("TASK_NOT_FOUND");
        await GoAsync("/task/alpha/compare/base/77");
        await Expect(alert).ToContainTextAsync("The task has no such checkpoint.");
        await Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Health" }).ClickAsync();
        await Expect(Page.GetByText("Ready: the store")).ToBeVisibleAsync();
        await Server.StopAsync();
        await Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Reclaim" }).ClickAsync();
        await Expect(alert.First).ToContainTextAsync("The server does not respond");
        await Expect(Button("Try again").First).ToBeVisibleAsync();
        await KeepAsync("stopped");
    }

    private async Task<string> KeyAsync(KeySpec spec) =>
        (await Server.Services.GetRequiredService<IAccessControl>().AddKeyAsync(spec, Stop)).Token;
}
