using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;

// Every test here drives a browser.
[assembly: Trait("Category", "Slow")]

namespace FishCheckpoint.Dashboard.Tests.Support;

/// <summary>
/// A page of the dashboard. Whatever a test does, nothing may leave the server's origin, and nothing break or be forbidden on the way.
/// </summary>
public abstract class DashboardTest(Chromium chromium, DashboardServer server) : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> complaints = new();
    private readonly ConcurrentQueue<string> requests = new();

    protected DashboardServer Server { get; set; } = server;

    protected IPage Page { get; private set; } = null!;

    /// <summary>Whether answers other than success are part of what is tested.</summary>
    protected bool ExpectsRefusals { get; set; }

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected IEnumerable<string> Requests => requests;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(
            File.Exists(Chromium.Program), $"There is no {Chromium.Program}: apt-get install chromium, or set FISH_CHROMIUM.");
        await SetUpAsync();
        await OpenPageAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Page is null)
        {
            return;
        }

        await Page.Context.CloseAsync();
        await TearDownAsync();
        Assert.All(requests, url => Assert.StartsWith(Server.Address.ToString(), url, StringComparison.Ordinal));
        Assert.DoesNotContain(
            complaints, text => !ExpectsRefusals || !text.StartsWith("Failed to load resource", StringComparison.Ordinal));
    }

    protected virtual Task SetUpAsync() => Task.CompletedTask;

    protected virtual Task TearDownAsync() => Task.CompletedTask;

    protected async Task OpenPageAsync(BrowserNewContextOptions options)
    {
        if (Page is not null)
        {
            await Page.Context.CloseAsync();
        }

        var context = await chromium.Browser.NewContextAsync(options);
        context.SetDefaultTimeout(30_000);
        Page = await context.NewPageAsync();
        Page.Request += (_, request) => requests.Enqueue(request.Url);
        Page.PageError += (_, error) => complaints.Enqueue(error);
        Page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Enqueue(message.Text);
            }
        };
    }

    /// <summary>Opens a view by its address and loads the page again.</summary>
    protected async Task GoAsync(string view)
    {
        await Page.GotoAsync("about:blank");
        await Page.GotoAsync($"{Server.Address}#{view}");
    }

    /// <summary>Waits until nothing loads any more.</summary>
    protected async Task SettleAsync() => await Assertions.Expect(Page.Locator(".waiting")).ToHaveCountAsync(0);

    protected ILocator Table(string name) => Page.GetByRole(AriaRole.Table, new PageGetByRoleOptions { Name = name });

    protected ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true });

    /// <summary>The words of a table's column, row by row; the first is column 0.</summary>
    protected static async Task<IReadOnlyList<string>> ColumnAsync(ILocator table, int column) =>
        await table.Locator($"tbody tr > :nth-child({column + 1})").AllInnerTextsAsync();

    protected static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    protected static IPageAssertions Expect(IPage page) => Assertions.Expect(page);

    /// <summary>Keeps what the page looks like under TestResults/.</summary>
    protected async Task KeepAsync(string name, bool whole = false)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FishCheckpoint.sln")))
        {
            folder = folder.Parent;
        }

        Assert.NotNull(folder);
        await Page.ScreenshotAsync(
            new PageScreenshotOptions
            {
                Path = Path.Combine(folder.FullName, "TestResults", "dashboard", $"{name}.png"), FullPage = whole,
            });
    }

    protected static Regex Text(string pattern) => new(pattern, RegexOptions.None, TimeSpan.FromSeconds(1));
}
