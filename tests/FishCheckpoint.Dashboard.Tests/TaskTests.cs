using FishCheckpoint.Dashboard.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace FishCheckpoint.Dashboard.Tests;

public sealed class TaskTests(Chromium chromium, DashboardServer server) : DashboardTest(chromium, server)
{
    [Fact]
    public async Task Task_SaysWhichStepIsBest_ByAnyMetric()
    {
        await GoAsync("/task/alpha");
        await Expect(Page.Locator(".answer")).ToContainTextAsync("Best: step 1,500, loss 0.5");
        await Page.GetByRole(AriaRole.Combobox, new PageGetByRoleOptions { Name = "Metric" }).SelectOptionAsync("accuracy");
        await Expect(Page.Locator(".answer")).ToContainTextAsync("Best: step 2,200, accuracy 0.22");
        await Page.GetByLabel("best is").SelectOptionAsync("min");
        await Expect(Page.Locator(".answer")).ToContainTextAsync("Best: step 10, accuracy 0.001");
        await SettleAsync();
        await KeepAsync("task");
    }

    [Fact]
    public async Task Chart_IsZoomedByDraggingButtonsAndKeys()
    {
        await GoAsync("/task/alpha");
        await Expect(Page.Locator(".chart, .no-charts")).ToBeVisibleAsync();
        Assert.SkipWhen(await Page.Locator(".no-charts").CountAsync() > 0, "This build has no charts: it was built without npm.");
        var (range, over) = (Page.Locator(".range"), Page.Locator(".u-over"));
        await Expect(range).ToHaveTextAsync("10 – 2,200");
        await over.ScrollIntoViewIfNeededAsync();
        var box = (await over.BoundingBoxAsync())!;
        await Page.Mouse.MoveAsync(box.X + (box.Width * 0.25f), box.Y + 60);
        await Page.Mouse.DownAsync();
        await Page.Mouse.MoveAsync(box.X + (box.Width * 0.75f), box.Y + 70, new MouseMoveOptions { Steps = 5 });
        await Page.Mouse.UpAsync();
        await Expect(range).ToHaveTextAsync(Text("^5[5-6][0-9] – 1,6[4-5][0-9]$"));
        await Button("Zoom in").ClickAsync();
        await Expect(range).ToHaveTextAsync(Text("^8[2-4][0-9] – 1,3[7-8][0-9]$"));
        await Page.Keyboard.PressAsync("0");
        await Expect(range).ToHaveTextAsync("10 – 2,200");
        await Page.Keyboard.PressAsync("+");
        await Page.Keyboard.PressAsync("ArrowRight");
        await Expect(range).ToHaveTextAsync(Text("^8[0-9]{2} – 1,[89][0-9]{2}$"));
    }

    [Fact]
    public async Task BuildWithoutNpm_HasTablesInThePlaceOfCharts()
    {
        var stub = Path.Combine(AppContext.BaseDirectory, "without-npm.js");
        await Page.RouteAsync("**/dashboard/uPlot.esm.js", route =>
            route.FulfillAsync(new RouteFulfillOptions { Path = stub, ContentType = "text/javascript" }));
        await GoAsync("/task/alpha");
        await Expect(Page.GetByText("This build has no charts")).ToBeVisibleAsync();
        await Expect(Page.Locator(".answer")).ToContainTextAsync("Best: step 1,500");
        await GoAsync("/");
        await Page.GetByText("As a table").ClickAsync();
        await Expect(Table("Growth").Locator("tbody tr").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Checkpoints_ComeInPages_TheLatestFirst()
    {
        await GoAsync("/task/alpha");
        var rows = Table("Checkpoints").Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(100);
        await Expect(rows.First).ToContainTextAsync("latest");
        await Expect(rows.Filter(new LocatorFilterOptions { HasText = "good" })).ToContainTextAsync("2,150");
        await Button("Load older checkpoints").ClickAsync();
        await Expect(rows).ToHaveCountAsync(200);
        await Button("Load older checkpoints").ClickAsync();
        await Expect(rows).ToHaveCountAsync(220);
        await Expect(Button("Load older checkpoints")).ToBeHiddenAsync();
        await Page.GetByLabel("From step").FillAsync("1500");
        await Button("Go").ClickAsync();
        await Expect(rows.First).ToContainTextAsync("1,500");
        await Expect(rows.First).ToContainTextAsync("best");
        Assert.DoesNotContain(Requests, url => url.Contains("limit=", StringComparison.Ordinal)
            && !url.Contains("limit=100", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatOthersWrote_IsTextAndNothingElse()
    {
        await GoAsync("/task/alpha");
        await Expect(Page.Locator(".description")).ToHaveTextAsync(DashboardServer.Hostile);
        await Page.GetByRole(AriaRole.Combobox, new PageGetByRoleOptions { Name = "Metric" }).SelectOptionAsync(DashboardServer.Hostile);
        await Expect(Page.Locator(".answer")).ToContainTextAsync(DashboardServer.Hostile);
        await Expect(Table("Checkpoints").Locator("tbody tr").First).ToContainTextAsync(DashboardServer.Hostile);
        await Expect(Page.Locator("main img, main b:text-is('bold')")).ToHaveCountAsync(0);
        await GoAsync("/task/alpha/compare/base/latest");
        await Expect(Table("Tensors")).ToContainTextAsync(DashboardServer.Hostile);
        await Expect(Page.Locator("main img, main b:text-is('bold')")).ToHaveCountAsync(0);
        await Expect(Page).ToHaveTitleAsync("alpha: what changed · FishCheckpoint");
    }
}
