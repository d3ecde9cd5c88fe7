using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(FishCheckpoint.Dashboard.Tests.Support.Chromium))]

namespace FishCheckpoint.Dashboard.Tests.Support;

/// <summary>
/// One headless Chromium for all tests, that of the system; where there is none, tests are skipped by name. <c>FISH_CHROMIUM</c> names
/// another one.
/// </summary>
public sealed class Chromium : IAsyncLifetime
{
    // It asks nobody outside for anything of its own.
    private static readonly string[] Alone =
    [
        "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic", "--no-first-run",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? playwright;
    private IBrowser? browser;

    public static string Program { get; } = Environment.GetEnvironmentVariable("FISH_CHROMIUM") is { Length: > 0 } named ? named
        : "/usr/bin/chromium";

    public IBrowser Browser => browser ?? throw new InvalidOperationException("There is no browser.");

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Program))
        {
            return;
        }

        // Where tests of all projects share two cores, seconds pass.
        Assertions.SetDefaultExpectTimeout(30_000);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions { ExecutablePath = Program, Args = Alone, Timeout = 60_000 });
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        playwright?.Dispose();
    }
}
