using FishCheckpoint.Dashboard.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace FishCheckpoint.Dashboard.Tests;

public sealed class LookTests(Chromium chromium, DashboardServer server) : DashboardTest(chromium, server)
{
    // The contrast of every text with the ground under it (WCAG 2.2, 1.4.3): what falls short, in words.
    private const string Pale = """
        () => {
          const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
          const read = colour => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
            return [...paint.getImageData(0, 0, 1, 1).data]; };
          const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const ground = element => {
            for (let at = element; at; at = at.parentElement) {
              const c = read(getComputedStyle(at).backgroundColor);
              if (c[3] === 255) return c; }
            return [255, 255, 255];
          };
          const failing = [];
          for (const element of document.querySelectorAll('body *')) {
            const own = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join('');
            if (!own || !element.checkVisibility() || element.closest('.unseen, .skip, :disabled, noscript')) continue;
            const style = getComputedStyle(element);
            const [a, b] = [light(read(style.color)), light(ground(element))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const size = parseFloat(style.fontSize);
            const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
            if (ratio < needed) failing.push(`${element.tagName}.${element.className} "${own.slice(0, 40)}" ${ratio.toFixed(2)}`);
          }
          return failing;
        }
        """;

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Views_AreReadable(ColorScheme scheme)
    {
        await OpenPageAsync(
            new BrowserNewContextOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        foreach (var (view, name) in
            new[]
            {
                ("/", "overview"), ("/task/alpha", "task"), ("/task/alpha/compare/base/latest", "compare"), ("/reclaim", "reclaim"),
                ("/none", "none"),
            })
        {
            await GoAsync(view);
            await SettleAsync();
            var ground = await Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
            Assert.Equal(scheme == ColorScheme.Dark ? "rgb(17, 23, 28)" : "rgb(255, 255, 255)", ground);
            Assert.Empty(await Page.EvaluateAsync<string[]>(Pale));
            await KeepAsync($"{name}-{scheme}".ToLowerInvariant());
        }
    }

    [Fact]
    public async Task Theme_IsChosen_AndKept()
    {
        await OpenPageAsync(new BrowserNewContextOptions { ColorScheme = ColorScheme.Light });
        await GoAsync("/health");
        var theme = Page.Locator("#theme");
        await Expect(theme).ToHaveTextAsync("Theme: system");
        await theme.ClickAsync();
        await theme.ClickAsync();
        await Expect(theme).ToHaveTextAsync("Theme: dark");
        await Page.ReloadAsync();
        await Expect(theme).ToHaveTextAsync("Theme: dark");
        Assert.Equal("rgb(17, 23, 28)", await Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor"));
    }

    [Fact]
    public async Task NarrowPages_DoNotScrollSideways()
    {
        await OpenPageAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 400, Height = 800 } });
        foreach (var view in new[] { "/", "/task/alpha", "/task/alpha/compare/base/latest", "/reclaim", "/health" })
        {
            await GoAsync(view);
            await SettleAsync();
            Assert.InRange(await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"), 1, 400);
        }

        await GoAsync("/task/alpha");
        await SettleAsync();
        await KeepAsync("narrow");
    }

    [Fact]
    public async Task Keyboard_IsEnough_ToFindATaskAndCompareTwoSteps()
    {
        await GoAsync("/");
        await SettleAsync();
        await Page.Keyboard.PressAsync("Tab");
        await Expect(Page.Locator(".skip")).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Enter");
        await TabToAsync("a[href='#/task/alpha']");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "alpha" })).ToBeVisibleAsync();
        await Expect(Table("Checkpoints").Locator("tbody tr")).ToHaveCountAsync(100);
        await TabToAsync("input[value='2200']");
        await Page.Keyboard.PressAsync("Space");
        await TabToAsync("input[value='2190']");
        await Page.Keyboard.PressAsync("Space");
        await TabToAsync(".stay button.main", backwards: true);
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.Locator(".lead")).ToContainTextAsync("From step 2,190 to step 2,200");
        await TabToAsync("td.heat");
        await Expect(Page.Locator(".readout").First).ToContainTextAsync("encoder.layer.0");
    }

    // At most n stops: a focus that is caught somewhere does not hang the test.
    private async Task TabToAsync(string selector, bool backwards = false)
    {
        for (var stop = 0; stop < 60; stop++)
        {
            await Page.Keyboard.PressAsync(backwards ? "Shift+Tab" : "Tab");
            if (await Page.EvaluateAsync<bool>("selector => document.activeElement.matches(selector)", selector))
            {
                return;
            }
        }

        Assert.Fail($"The tab key does not come to {selector}.");
    }
}
