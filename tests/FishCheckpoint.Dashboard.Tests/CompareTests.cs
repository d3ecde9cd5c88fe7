using System.Globalization;
using System.Net.Http.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Dashboard.Tests.Support;
using FishCheckpoint.Reports;
using Microsoft.Playwright;
using Xunit;

namespace FishCheckpoint.Dashboard.Tests;

public sealed class CompareTests(Chromium chromium, DashboardServer server) : DashboardTest(chromium, server)
{
    [Fact]
    public async Task TwoSteps_AreTickedAndCompared_WithTheFiguresOfTheApi()
    {
        await GoAsync("/task/alpha");
        await Page.GetByLabel("Compare step 2200").CheckAsync();
        await Expect(Button("Compare")).ToBeDisabledAsync();
        await Page.GetByLabel("Compare step 2180").CheckAsync();
        await Expect(Page.GetByText("From step 2,180 to 2,200")).ToBeVisibleAsync();
        await Button("Compare").ClickAsync();
        await Expect(Page).ToHaveURLAsync($"{Server.Address}#/task/alpha/compare/2180/2200");
        await CompareWithApiAsync("2180", "2200");
        await KeepAsync("compare", whole: true);
        await Page.GoBackAsync();
        await Expect(Page).ToHaveTitleAsync("alpha · FishCheckpoint");
    }

    [Fact]
    public async Task AnyTwoStates_AreNamedInTheForm()
    {
        await GoAsync("/task/alpha/compare");
        await Page.GetByLabel("From").FillAsync("beta:2");
        await Page.GetByLabel("to", new PageGetByLabelOptions { Exact = true }).FillAsync("good");
        await Button("Compare").ClickAsync();
        await Expect(Page.Locator(".lead")).ToContainTextAsync("From beta:2 to step 2,150");
        await CompareWithApiAsync("beta:2", "2150");
    }

    [Fact]
    public async Task HeatMap_IsReadByPointerAndByKeys()
    {
        await GoAsync("/task/alpha/compare/base/latest");
        var report = await ReportAsync("base", "latest");
        var map = Table("encoder.layer");
        await Expect(map.Locator("thead th")).ToHaveTextAsync(["Tensor", "0", "1", "2", "3", "4", "5"]);
        await Expect(map.Locator("tbody th")).ToHaveTextAsync(["attn.q.weight", "mlp.up.weight", "norm.bias"]);
        var (cells, readout) = (map.Locator("tbody td"), Page.Locator(".readout").First);
        await cells.First.FocusAsync();
        await Expect(readout).ToContainTextAsync(Sentence(report, "encoder.layer.0.attn.q.weight"));
        await Page.Keyboard.PressAsync("ArrowRight");
        await Page.Keyboard.PressAsync("ArrowRight");
        await Page.Keyboard.PressAsync("ArrowDown");
        await Expect(readout).ToContainTextAsync(Sentence(report, "encoder.layer.2.mlp.up.weight"));
        await cells.Last.HoverAsync();
        await Expect(readout).ToContainTextAsync(Sentence(report, "encoder.layer.5.norm.bias"));
        await Page.GetByLabel("Color by").SelectOptionAsync("max");
        await Expect(Page.Locator(".scale")).ToContainTextAsync("largest change");
    }

    private static string Sentence(ChangeReport report, string name)
    {
        var tensor = report.Tensors.Single(item => item.Name == name);
        return $"{name}: {Count(tensor.Changed)} of {Count(tensor.Elements)} values changed";
    }

    private async Task<ChangeReport> ReportAsync(string from, string to) =>
        (await Server.Client.GetFromJsonAsync<ChangeReport>($"/v1/tasks/alpha/checkpoints/{to}/diff?from={from}", FishJson.Options, Stop))!;

    private async Task CompareWithApiAsync(string from, string to)
    {
        var report = await ReportAsync(from, to);
        await Expect(Page.Locator(".lead")).ToContainTextAsync($"{Count(report.Changed)} of {Count(report.Elements)} values changed");
        var expected = report.Tensors.Where(tensor => tensor.Changed > 0)
            .ToDictionary(tensor => tensor.Name, tensor => Count(tensor.Changed), StringComparer.Ordinal);
        var table = Table("Tensors");
        await Expect(table.Locator("tbody tr")).ToHaveCountAsync(expected.Count);
        var (names, changed) = (await ColumnAsync(table, 0), await ColumnAsync(table, 2));
        Assert.Equal(expected, names.Zip(changed).ToDictionary(row => row.First, row => row.Second, StringComparer.Ordinal));
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
