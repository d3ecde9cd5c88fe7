using System.Text.Json;
using FishCheckpoint.Dashboard.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace FishCheckpoint.Dashboard.Tests;

/// <summary>The page of the OpenAPI document. As on the dashboard, a request to another host or a console error is a failure.</summary>
public sealed class ReferencePageTests(Chromium chromium, DashboardServer server) : DashboardTest(chromium, server)
{
    // Resolves to what the page's policy blocked.
    private const string AskElsewhere = """
        () => new Promise(resolve => {
          const blocked = [];
          document.addEventListener('securitypolicyviolation', event => {
            blocked.push(`${event.effectiveDirective} ${event.blockedURI}`);
            if (blocked.length === 4) resolve(blocked.sort());
          });
          fetch('http://elsewhere.invalid/fetch').catch(() => {});
          navigator.sendBeacon('http://elsewhere.invalid/beacon');
          new Image().src = 'http://elsewhere.invalid/image';
          document.head.append(Object.assign(document.createElement('script'), { src: 'http://elsewhere.invalid/script' }));
        })
        """;

    [Fact]
    public async Task Page_ShowsTheOperationsOfTheDocument()
    {
        await Page.GotoAsync($"{Server.Address}docs");
        await Expect(Page).ToHaveURLAsync($"{Server.Address}docs/");
        await Expect(Page).ToHaveTitleAsync("FishCheckpoint");
        await Expect(Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "FishCheckpoint" }).First).ToBeVisibleAsync();
        await KeepAsync("docs");
        using var document = JsonDocument.Parse(await Server.Client.GetStringAsync("/openapi/v1.json", Stop));
        var tags = document.RootElement.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()!).ToArray();
        Assert.Contains("Checkpoints", tags);
        foreach (var tag in tags)
        {
            await Expect(Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = tag, Exact = true })).ToBeVisibleAsync();
        }

        var operation = document.RootElement.GetProperty("paths").GetProperty("/v1/gc").GetProperty("post");
        var summary = operation.GetProperty("summary").GetString()!;
        await Page.GotoAsync($"{Server.Address}docs/#tag/maintenance/POST/v1/gc");
        await Expect(Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = summary })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Request_IsSentToThisServer()
    {
        await Page.GotoAsync($"{Server.Address}docs/#tag/server/GET/healthz");
        await Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Test Request (get /healthz)" }).ClickAsync();
        await Page.RunAndWaitForResponseAsync(
            () => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { NameRegex = Text("^Send") }).First.ClickAsync(),
            response => response.Url == $"{Server.Address}healthz" && response.Ok);
        await Expect(Page.GetByText("200 OK").First).ToBeVisibleAsync();
        await KeepAsync("docs-request");
    }

    [Fact]
    public async Task Policy_BlocksRequestsToOtherHosts()
    {
        // Not the page whose requests and errors are watched: here they are provoked.
        var page = await Page.Context.NewPageAsync();
        await page.GotoAsync($"{Server.Address}docs/");
        Assert.Equal(
            [
                "connect-src http://elsewhere.invalid/beacon", "connect-src http://elsewhere.invalid/fetch",
                "img-src http://elsewhere.invalid/image", "script-src-elem http://elsewhere.invalid/script",
            ],
            await page.EvaluateAsync<string[]>(AskElsewhere));
    }

    [Fact]
    public async Task Dashboard_LeadsToThePage()
    {
        await GoAsync("/");
        await Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "API", Exact = true }).ClickAsync();
        await Expect(Page).ToHaveURLAsync($"{Server.Address}docs/");
    }
}
