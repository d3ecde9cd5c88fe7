using System.Buffers.Text;
using System.Security.Cryptography;
using Scalar.AspNetCore;

namespace FishCheckpoint.Api.Documents;

/// <summary>
/// The page at <c>/docs</c> that shows the OpenAPI document and sends requests to this server: Scalar, whose script comes from its package.
/// Whatever of it would ask another server is off, and the page's policy forbids the rest.
/// </summary>
internal static class ReferencePage
{
    public static IEndpointConventionBuilder MapReferencePage(this IEndpointRouteBuilder routes) =>
        routes.MapScalarApiReference("/docs", Configure)
            .WithSummary("Show the OpenAPI document as a page for browsers, and give its files");

    private static void Configure(ScalarOptions options, HttpContext context)
    {
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        context.Response.Headers.ContentSecurityPolicy = Policy(nonce);
        options.WithTitle("FishCheckpoint").WithNonce(nonce).WithFavicon("../dashboard/icon.svg").DisableDefaultFonts();
        options.DisableTelemetry().DisableAgent().DisableMcp().HideClientButton().HideDeveloperTools();

        // Empty: requests go straight to the server. Without a value Scalar may take a proxy of its own.
        options.WithProxy("");
    }

    // Scalar adds style elements and attributes without the nonce. Scripts need it.
    private static string Policy(string nonce) =>
        $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}
