using System.Net.Http.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Dashboard.Tests.Support;
using FishCheckpoint.Reports;
using Microsoft.Playwright;
using Xunit;

namespace FishCheckpoint.Dashboard.Tests;

public sealed class OverviewTests(Chromium chromium, DashboardServer server) : DashboardTest(chromium, server)
{
    [Fact]
    public async Task Overview_Loads_WithWhatTheStoreCosts()
    {
        await GoAsync("/");
        var report = (await Server.Client.GetFromJsonAsync<StorageReport>("/v1/reports/storage", FishJson.Options, Stop))!;
        await Expect(Page.Locator(".lead")).ToContainTextAsync($"{report.Checkpoints} checkpoints of 3 tasks");
        await Expect(Page.Locator(".figures").First).ToContainTextAsync("Ratio");
        await SettleAsync();
        await Expect(Page.GetByText("Ready: the store can be read and written")).ToBeVisibleAsync();
        await Expect(Table("Tasks").Locator("tbody tr")).ToHaveCountAsync(3);
        await Expect(Page.Locator("tr", new PageLocatorOptions { HasText = "alpha" })).ToContainTextAsync("0.5 at 1,500");
        await Expect(Page).ToHaveTitleAsync("Overview · FishCheckpoint");
        await KeepAsync("overview", whole: true);
    }

    [Fact]
    public async Task Tasks_SortByAnyHeading_BothWays()
    {
        await GoAsync("/");
        var (table, heading) = (Table("Tasks"), Table("Tasks").Locator("th", new LocatorLocatorOptions { HasText = "Checkpoints" }));
        await heading.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(heading).ToHaveAttributeAsync("aria-sort", "descending");
        Assert.Equal(["alpha", "beta", "gamma"], await ColumnAsync(table, 0));
        await heading.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(heading).ToHaveAttributeAsync("aria-sort", "ascending");
        Assert.Equal(["gamma", "beta", "alpha"], await ColumnAsync(table, 0));
        await table.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Ratio" }).ClickAsync();
        await Expect(heading).Not.ToHaveAttributeAsync("aria-sort", Text(".*"));
    }

    [Fact]
    public async Task Reclaim_SaysWhatWouldGo_AndChangesNothing()
    {
        await GoAsync("/reclaim");
        await Button("Look what would go").ClickAsync();
        await Expect(Page.GetByText("2 checkpoints would go")).ToBeVisibleAsync();
        Assert.Equal(["beta/1", "beta/2"], (await ColumnAsync(Table("Checkpoints that would go"), 0)).Order(StringComparer.Ordinal));
        await Expect(Page.Locator(".command code").First).ToHaveTextAsync($"fishckpt gc --server {Server.Address.ToString().TrimEnd('/')}");
        await KeepAsync("reclaim");
        await Expect(Page.GetByText("fishckpt task set alpha --keep-last 10 --keep-every 1000")).ToBeVisibleAsync();
        var beta = (await Server.Client.GetFromJsonAsync<TaskInfo>("/v1/tasks/beta", FishJson.Options, Stop))!;
        Assert.Equal(3, beta.Checkpoints);
    }

    [Fact]
    public async Task Health_ShowsWhatTheServerCounts()
    {
        await GoAsync("/health");
        await Expect(Page.GetByText("Last verified")).ToBeVisibleAsync();
        var report = (await Server.Client.GetFromJsonAsync<StorageReport>("/v1/reports/storage", FishJson.Options, Stop))!;
        await Expect(Page.GetByText($"Store {report.Store}:")).ToBeVisibleAsync();
        await Expect(Page.GetByText("Ready: the store")).ToBeVisibleAsync();
        await Expect(Page.GetByText("None.", new PageGetByTextOptions { Exact = true })).ToBeVisibleAsync();
        await KeepAsync("health");
    }
}
